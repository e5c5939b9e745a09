// Collects the browser builds of socket.io-client, which the server offers below /socket.io/ as the official one does,
// with the version that is their ETag.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCompressedForms } from "./compressed_forms.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const client = join(web, "node_modules", "socket.io-client");
const dist = join(web, "socketio_client", "dist");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const name of readdirSync(join(client, "dist")))
  copyFileSync(join(client, "dist", name), join(dist, name));
writeFileSync(
  join(dist, "version.txt"),
  JSON.parse(readFileSync(join(client, "package.json"), "utf8")).version,
);
writeCompressedForms(dist);
