// Renders the contract as one readable page without scripts, served at /api/docs.

const escape = (text) =>
  String(text ?? "").replace(/[&<>"']/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[letter]);

// Code spans and paragraphs of the descriptions; nothing else of Markdown is used in them.
const prose = (text) =>
  String(text ?? "")
    .trim()
    .split(/\n\s*\n/)
    .filter(Boolean)
    .map((paragraph) => `<p>${escape(paragraph).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
    .join("\n");

const inline = (text) => escape(text).replace(/`([^`]+)`/g, "<code>$1</code>");

const resolver = (document) => {
  const resolve = (node) =>
    node?.$ref ? resolve(node.$ref.slice(2).split("/").reduce((place, name) => place[name], document)) : node;
  return resolve;
};

// A schema in a few words: the name of a component, or its type.
const schemaName = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${schemaName(schema.items)}[]`;
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(
      ([name, field]) => `${name}${schema.required?.includes(name) ? "" : "?"}: ${schemaName(field)}`,
    );
    return `{ ${fields.join(", ")} }`;
  }
  const parts = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (parts) return parts.map(schemaName).join(schema.allOf ? " & " : " | ");
  return [schema.type].flat().filter(Boolean).join(" | ") || "any";
};

const content = (holder) =>
  Object.entries(holder?.content ?? {})
    .map(([type, media]) => `<code class="shape">${escape(schemaName(media.schema))}</code> <small>${escape(type)}</small>`)
    .join("<br>");

const parameterRows = (parameters, resolve) =>
  parameters
    .map(resolve)
    .map((p) => `<tr><td><code>${escape(p.name)}</code></td><td>${escape(p.in)}</td><td>${inline(p.description ?? schemaName(p.schema))}</td></tr>`)
    .join("");

const operationSection = (path, method, operation, shared, resolve) => {
  const parameters = [...shared, ...(operation.parameters ?? [])];
  const body = resolve(operation.requestBody);
  const answers = Object.entries(operation.responses).map(([status, given]) => {
    const response = resolve(given);
    return `<tr><td><b>${escape(status)}</b></td><td>${inline(response.description)}<br>${content(response)}</td></tr>`;
  });
  return `<section id="${escape(operation.operationId)}">
<h3><span class="method ${escape(method)}">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code>
<span class="policy">${escape(operation["x-policy"])}</span></h3>
<p>${inline(operation.summary)}</p>${prose(operation.description)}
${parameters.length ? `<h4>Parameters</h4><table>${parameterRows(parameters, resolve)}</table>` : ""}
${body ? `<h4>Body</h4><p>${content(body)}</p>` : ""}
<h4>Answers</h4><table>${answers.join("")}</table></section>`;
};

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:0 auto;padding:24px;color:#1f2328;background:#fff}
code{font:13px ui-monospace,monospace}.shape{word-break:break-word}h3{margin-top:40px;border-top:1px solid #d0d7de;padding-top:16px}
h4{margin:16px 0 4px}table{border-collapse:collapse;width:100%}td{padding:4px 12px 4px 0;vertical-align:top;border-bottom:1px solid #eaeef2}
.method{font:600 12px ui-monospace,monospace;padding:2px 6px;border-radius:4px;background:#ddf4ff;color:#0a3069}
.policy{font-size:12px;color:#59636e;border:1px solid #d0d7de;border-radius:10px;padding:0 8px}small{color:#59636e}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,h3{border-color:#30363d}.method{background:#0c2d6b;color:#cae8ff}
small,.policy{color:#9198a1}}`;

export function renderDocs(document) {
  const resolve = resolver(document);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => ["get", "post", "put", "patch", "delete"].includes(method))
      .map(([method, operation]) => ({ path, method, operation, shared: item.parameters ?? [] })),
  );
  const groups = document.tags.map((tag) => {
    const mine = operations.filter(({ operation }) => operation.tags?.[0] === tag.name);
    const sections = mine.map((o) => operationSection(o.path, o.method, o.operation, o.shared, resolve));
    return `<h2>${escape(tag.name)}</h2><p>${inline(tag.description)}</p>${sections.join("\n")}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(document.info.title)} API</title><style>${style}</style></head>
<body><h1>${escape(document.info.title)} API <small>${escape(document.info.version)}</small></h1>
${prose(document.info.description)}<p>The machine-readable contract: <a href="/api/openapi.json">/api/openapi.json</a></p>
${groups.join("\n")}</body></html>
`;
}
