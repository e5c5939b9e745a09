// What a measure works with: where things are, how many rounds, and the rows it adds.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { medians } from "./figures.mjs";
import { run, stopAll } from "./processes.mjs";
import { Taskgate } from "./taskgate.mjs";

export class Bench {
  constructor({ root, quick, rounds, seconds }) {
    this.root = root;
    this.quick = quick;
    this.rounds = rounds;
    this.seconds = seconds;
    this.binary = join(root, "build/release/taskgate");
    this.generator = join(root, "build/release/taskgate-load");
    const parent = join(root, "build/bench");
    mkdirSync(parent, { recursive: true });
    // On the disk of the checkout: a folder in memory would make every fsync free.
    this.folder = mkdtempSync(join(parent, "run-"));
    this.rows = [];
  }

  /** A number of operations: fewer with --quick. */
  count(whole) {
    return this.quick ? Math.ceil(whole / 10) : whole;
  }

  taskgate(options) {
    return Taskgate.start(this, options);
  }

  /** Runs a load generator; option names are those of `taskgate-load COMMAND --help`. */
  async load(command, options) {
    const args = Object.entries(options).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]));
    return JSON.parse(await run(this.generator, [command, ...args]));
  }

  /**
   * Measures several sides in turn, round by round, and gives the medians of each: `{ ours: () => figures, Redis: … }`.
   * A first round, which is not counted, warms everything up.
   */
  async turns(sides, rounds = this.rounds) {
    const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
    for (let round = -1; round < rounds; ++round) {
      for (const [name, measure] of Object.entries(sides)) {
        const figures = await measure();
        if (round >= 0) results[name].push(figures);
      }
    }
    return Object.fromEntries(Object.entries(results).map(([name, each]) => [name, medians(each)]));
  }

  /**
   * Adds a row of the table: `measure`, `unit`, `ours`, `durability`, and where there is one `peer` ({ name, value }), `bar` ({ text, met })
   * and `cost` (what explains the figure: processor time per operation, the generator's share).
   */
  row(row) {
    this.rows.push(row);
  }

  async tidy() {
    await stopAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** "our server 12.3 µs/job, generator 0.4 cores" */
export function costs(figures, operations, what) {
  const each = (figures.cpuSeconds * 1e6) / operations;
  return `${each.toFixed(1)} µs/${what}, generator ${(figures.generatorCpuSeconds / figures.seconds).toFixed(2)} cores`;
}
