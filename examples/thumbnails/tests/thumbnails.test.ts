import { readFileSync } from "node:fs";
import type { JobContext } from "@taskgate/sdk";
import { expect, test } from "vitest";
import { fit, type Picture, readPng, shrink, writePng } from "../src/picture.js";
import { makeThumbnails, type ThumbnailsData } from "../src/thumbnails.js";

function picture(width: number, height: number, pixel: (x: number, y: number) => number[]): Picture {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) pixels.set(pixel(x, y), (y * width + x) * 4);
  return { width, height, pixels };
}

function context(data: unknown, signal = new AbortController().signal) {
  const news: [number, string | undefined][] = [];
  const unused = {} as JobContext<ThumbnailsData>;
  const progress = (percent: number, message?: string) => void news.push([percent, message]);
  return { news, context: { ...unused, data: data as ThumbnailsData, signal, progress, log: () => {} } };
}

test("a thumbnail pixel is the mean of the pixels beneath it", () => {
  const stripes = picture(4, 2, (x) => (x < 2 ? [200, 0, 0, 255] : [0, 0, x * 40, 255]));
  expect([...shrink(stripes, 2, 1).pixels]).toEqual([200, 0, 0, 255, 0, 0, 100, 255]);
});

test("an edge through a pixel counts for both sides", () => {
  const three = picture(3, 1, (x) => [x * 100, 0, 0, 255]);
  expect([...shrink(three, 2, 1).pixels].filter((_, at) => at % 4 === 0)).toEqual([33, 167]);
});

test("invisible pixels leave no fringe", () => {
  const half = picture(2, 1, (x) => (x === 0 ? [255, 255, 255, 255] : [0, 0, 0, 0]));
  expect([...shrink(half, 1, 1).pixels]).toEqual([255, 255, 255, 128]);
});

test("a picture keeps its shape and never grows", () => {
  const wide = picture(400, 100, () => [0, 0, 0, 255]);
  expect(fit(wide, 100)).toEqual({ width: 100, height: 25 });
  expect(fit(wide, 1000)).toEqual({ width: 400, height: 100 });
  expect(fit(picture(400, 1, () => [0, 0, 0, 255]), 10)).toEqual({ width: 10, height: 1 });
});

test("a real picture becomes real thumbnails, with progress", async () => {
  const png = readFileSync(new URL("../../../docs/images/jobs-light.png", import.meta.url));
  const { news, context: job } = context({ png: png.toString("base64"), sizes: [160, 80] });
  const { thumbnails } = await makeThumbnails(job);
  const pictures = thumbnails.map((thumbnail) => readPng(Buffer.from(thumbnail.png, "base64")));
  expect(pictures.map(({ width }) => width)).toEqual([160, 80]);
  expect(news.map(([percent]) => percent)).toEqual([50, 100]);
  const mean = ({ pixels }: Picture) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  for (const small of pictures) expect(Math.abs(mean(small) - mean(readPng(png)))).toBeLessThan(1.5);
});

test.each([
  [{ png: "aGVsbG8=", sizes: [64] }, "this is not a PNG"],
  [{ png: 7, sizes: [64] }, "data.png must be"],
  [{ png: "", sizes: [] }, "data.sizes must be"],
  [{ png: "", sizes: [0.5] }, "data.sizes must be"],
  [null, "data.sizes must be"],
])("bad input %j fails for good: %s", async (data, message) => {
  await expect(makeThumbnails(context(data).context)).rejects.toMatchObject({ name: "NonRetryableError", message: expect.stringContaining(message) });
});

test("a small file that claims to be a huge picture is refused before it is unpacked", () => {
  const bomb = writePng(picture(1, 1, () => [0, 0, 0, 0]));
  bomb.writeUInt32BE(100_000, 16);
  bomb.writeUInt32BE(100_000, 20);
  expect(() => readPng(bomb)).toThrow("100000 × 100000 pixels is too large");
});

test("a cancelled job stops before the next picture", async () => {
  const png = writePng(picture(8, 8, () => [9, 9, 9, 255])).toString("base64");
  const stop = new AbortController();
  stop.abort(new Error("cancelled"));
  await expect(makeThumbnails(context({ png, sizes: [4] }, stop.signal).context)).rejects.toThrow("cancelled");
});
