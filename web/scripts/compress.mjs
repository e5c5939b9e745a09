// After `vite build`: writes .gz and .br beside every text asset of dist/, so that the server compresses nothing
// at run time, and fails when the JavaScript a first visit loads exceeds its budget.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const textual = new Set([".html", ".js", ".css", ".svg", ".json", ".txt", ".map", ".webmanifest"]);
const SMALLEST_WORTH_COMPRESSING = 256;
const FIRST_LOAD_BYTES_MAX = 250 * 1024;

function filesUnder(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

for (const path of filesUnder(dist)) {
  if (!textual.has(extname(path))) continue;
  const text = readFileSync(path);
  if (text.length < SMALLEST_WORTH_COMPRESSING) continue;
  writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    }),
  );
}

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
