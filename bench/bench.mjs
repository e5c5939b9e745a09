// ./dev bench: measures, prints one table, and writes it to build/bench and docs/performance.md. See README.md beside this file.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Bench } from "./lib/bench.mjs";
import { publish } from "./lib/report.mjs";

const usage = `usage: ./dev bench [--quick] [--rounds N] [--seconds N] [--publish] [--list] [MEASURE...]

  MEASURE      only these (--list names them); all of them without any
  --quick      a tenth of the operations and one round: to see that it works, not for figures
  --rounds N   rounds in turn, of which the median counts (5; with --quick 1)
  --seconds N  length of each round that is measured by time (3; with --quick 1)
  --publish    put the table into docs/performance.md as well
  --list       name the measures and end
`;

class UsageError extends Error {}

function whole(text, name) {
  if (!/^[1-9]\d{0,3}$/.test(text ?? "")) throw new UsageError(`${name} takes a whole number from 1 to 9999, not ${text ?? "nothing"}`);
  return Number(text);
}

function parse(args) {
  const options = { quick: false, publish: false, list: false, names: [] };
  for (let at = 0; at < args.length; ++at) {
    const arg = args[at];
    if (["--quick", "--publish", "--list"].includes(arg)) options[arg.slice(2)] = true;
    else if (arg === "--rounds" || arg === "--seconds") options[arg.slice(2)] = whole(args[++at], arg);
    else if (arg.startsWith("-")) throw new UsageError(`there is no option ${arg}`);
    else options.names.push(arg);
  }
  options.rounds ??= options.quick ? 1 : 5;
  options.seconds ??= options.quick ? 1 : 3;
  return options;
}

async function measures() {
  const folder = join(import.meta.dirname, "measures");
  const files = readdirSync(folder).filter((file) => file.endsWith(".mjs"));
  const all = await Promise.all(files.map(async (file) => ({ name: file.slice(0, -4).replaceAll("_", "-"), ...(await import(join(folder, file))) })));
  return all.sort((a, b) => a.order - b.order);
}

async function main() {
  const options = parse(process.argv.slice(2));
  const all = await measures();
  if (options.list) {
    for (const each of all) console.log(`${each.name.padEnd(16)} ${each.title}`);
    return;
  }
  for (const name of options.names) {
    if (!all.some((each) => each.name === name)) throw new UsageError(`there is no measure ${name}; --list names them`);
  }
  const chosen = options.names.length === 0 ? all : all.filter((each) => options.names.includes(each.name));
  const bench = new Bench({ root: join(import.meta.dirname, ".."), ...options });
  const stop = async () => {
    await bench.tidy();
    process.exit(130);
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const failed = [];
  try {
    for (const each of chosen) {
      const begin = performance.now();
      process.stdout.write(`- ${each.title} ... `);
      try {
        await each.measure(bench);
        console.log(`done (${((performance.now() - begin) / 1000).toFixed(0)} s)`);
      } catch (failure) {
        console.log(`failed: ${failure.message}`);
        failed.push(each.name);
      }
    }
    console.log(`\n${publish(bench, options)}`);
  } finally {
    await bench.tidy();
  }
  if (failed.length > 0) throw new Error(`failed: ${failed.join(", ")}`);
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  if (error instanceof UsageError) console.error(usage);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
