// Turns openapi.yaml into dist/openapi.json and dist/docs.html, which the server embeds and serves. Run by ./dev build.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { renderDocs } from "./docs_page.mjs";

const source = new URL("openapi.yaml", import.meta.url);
const target = new URL("dist/openapi.json", import.meta.url);

const document = parseDocument(readFileSync(source, "utf8"), { prettyErrors: true });
const problems = [...document.errors, ...document.warnings];
if (problems.length > 0) {
  for (const problem of problems) console.error(`openapi.yaml: ${problem.message}`);
  process.exit(1);
}
mkdirSync(new URL("dist/", import.meta.url), { recursive: true });
const contract = document.toJS({ maxAliasCount: 100 });
writeFileSync(target, `${JSON.stringify(contract)}\n`);
writeFileSync(new URL("dist/docs.html", import.meta.url), renderDocs(contract));
