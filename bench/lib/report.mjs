// The table of a run, and where it is written.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { shown } from "./figures.mjs";

const BEGIN = "<!-- table: written by ./dev bench --publish -->";
const END = "<!-- end of table -->";
const COLUMNS = ["measure", "durability", "ours", "peer", "ratio", "bar", "met", "cost"];

function cells(row) {
  const { peer, bar, unit } = row;
  const ratio = peer && (row.smallerIsBetter ? peer.value / row.ours : row.ours / peer.value);
  return [
    row.measure,
    row.durability ?? "–",
    shown(row.ours, unit),
    peer ? `${peer.name} ${shown(peer.value, unit)}` : "–",
    ratio ? `${shown(ratio)} ×` : "–",
    bar?.text ?? "–",
    bar ? (bar.met(row.ours, ratio) ? "yes" : "**no**") : "–",
    row.cost ?? "–",
  ];
}

function table(rows) {
  const lines = [COLUMNS, COLUMNS.map(() => "---"), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function version(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8" }).trim().split("\n")[0];
  } catch {
    return undefined;
  }
}

function machine(bench) {
  const [first] = cpus();
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  const disk = version("df", ["--output=fstype", bench.folder]) && execFileSync("df", ["--output=fstype", bench.folder], { encoding: "utf8" }).trim().split("\n").at(-1);
  return `${cpus().length} cores of ${first.model} (${arch()}), ${shown(totalmem() / 2 ** 30)} GiB, ${disk}, ${system}, kernel ${release()}, Node ${process.version}`;
}

function head(bench, options) {
  const commit = version("git", ["-C", bench.root, "rev-parse", "--short", "HEAD"]) ?? "unknown";
  const kind = options.quick ? "quick run, figures mean little" : `medians of ${options.rounds} rounds`;
  return `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${kind}, on ${machine(bench)}.`;
}

/** Writes the results and gives the text to print. */
export function publish(bench, options) {
  const text = `${head(bench, options)}\n\n${table(bench.rows)}\n`;
  writeFileSync(join(bench.root, "build/bench/results.md"), text);
  writeFileSync(join(bench.root, "build/bench/results.json"), JSON.stringify(bench.rows.map((row) => Object.fromEntries(cells(row).map((cell, at) => [COLUMNS[at], cell]))), null, 1));
  if (options.publish) {
    const file = join(bench.root, "docs/performance.md");
    const page = readFileSync(file, "utf8");
    const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (begin < 0 || end < begin) throw new Error(`${file} has lost the marks around its table`);
    writeFileSync(file, `${page.slice(0, begin)}${BEGIN}\n${text}${page.slice(end)}`);
  }
  return text;
}
