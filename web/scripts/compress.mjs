// After `vite build`: the compressed forms of dist/; fails when the JavaScript a first visit loads exceeds its budget.
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCompressedForms } from "./compressed_forms.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const FIRST_LOAD_BYTES_MAX = 250 * 1024;

writeCompressedForms(dist);

const html = readFileSync(join(dist, "index.html"), "utf8");
const firstLoad = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((match) => match[1]);
const bytes = firstLoad.reduce((sum, path) => sum + statSync(join(dist, `${path}.gz`)).size, 0);
console.log(
  `first load: ${(bytes / 1024).toFixed(1)} KiB of JavaScript (gzip) in ${firstLoad.length} files, at most ${FIRST_LOAD_BYTES_MAX / 1024} KiB`,
);
if (firstLoad.length === 0 || bytes > FIRST_LOAD_BYTES_MAX) {
  console.error("The first load is over its budget (or was not found in index.html).");
  process.exit(1);
}
