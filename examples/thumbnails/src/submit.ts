import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Client } from "@taskgate/sdk";
import { JOB_TYPE, type Thumbnail } from "./thumbnails.js";

const [file, ...sizes] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: npm run submit -- PICTURE.png [SIZE...]");
  process.exit(2);
}

const client = new Client({ url: process.env["TASKGATE_URL"] ?? "http://localhost:3000", key: process.env["TASKGATE_KEY"] ?? "" });
const png = (await readFile(file)).toString("base64");
const job = await client.submit(JOB_TYPE, { png, sizes: sizes.length > 0 ? sizes.map(Number) : [256, 128, 64] });
console.log(`job ${job.id}`);
let shown = "";
const show = ({ status, progress }: { status: string; progress: number }) => {
  const line = `${status} ${Math.round(progress)} %`;
  if (line !== shown) console.log(line);
  shown = line;
};
const watch = client.watch(show, { jobId: job.id, pollMs: 200 });
const done = await client.wait(job.id);
watch.close();
show(done); // the end is often known before it is watched
if (done.status !== "completed") {
  console.error(`${done.status}: ${done.error ?? ""}`);
  process.exit(1);
}
await mkdir("thumbnails", { recursive: true });
for (const thumbnail of (done.result as { thumbnails: Thumbnail[] }).thumbnails) {
  const name = join("thumbnails", `${basename(file, ".png")}-${thumbnail.size}.png`);
  await writeFile(name, Buffer.from(thumbnail.png, "base64"));
  console.log(`${name}: ${thumbnail.width} × ${thumbnail.height}`);
}
