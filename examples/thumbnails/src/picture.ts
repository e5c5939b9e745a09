import { PNG } from "pngjs";

export interface Picture {
  width: number;
  height: number;
  /** Red, green, blue, alpha: four bytes a pixel, row by row. */
  pixels: Uint8Array;
}

/** What a small file may unpack to; a picture that claims more is refused before it is unpacked. */
const PIXELS_MAX = 16_000_000;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Throws with a sentence for what is not a PNG of a reasonable size. */
export function readPng(file: Buffer): Picture {
  if (file.length < 24 || !file.subarray(0, 8).equals(SIGNATURE)) throw new Error("this is not a PNG");
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (width * height > PIXELS_MAX) throw new Error(`a picture of ${width} × ${height} pixels is too large`);
  const { data } = PNG.sync.read(file);
  return { width, height, pixels: data };
}

export function writePng({ width, height, pixels }: Picture): Buffer {
  const png = new PNG({ width, height });
  png.data.set(pixels);
  return PNG.sync.write(png);
}

/** As large as fits into a square of `size`, never larger than it was. */
export function fit({ width, height }: Picture, size: number): { width: number; height: number } {
  const scale = Math.min(1, size / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Each new pixel is the mean of the old ones beneath it, in part where an edge cuts through them. Colours count as much as they are
 * opaque, so that what is invisible leaves no fringe.
 */
export function shrink(picture: Picture, width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 4);
  const columns = shares(picture.width, width);
  const rows = shares(picture.height, height);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const sum = [0, 0, 0, 0];
      for (const [fromY, shareY] of row) {
        for (const [fromX, shareX] of column) {
          const at = (fromY * picture.width + fromX) * 4;
          const alpha = (picture.pixels[at + 3] ?? 0) * shareX * shareY;
          for (let colour = 0; colour < 3; colour += 1) sum[colour] = (sum[colour] ?? 0) + (picture.pixels[at + colour] ?? 0) * alpha;
          sum[3] = (sum[3] ?? 0) + alpha;
        }
      }
      const alpha = sum[3] ?? 0;
      const to = (y * width + x) * 4;
      for (let colour = 0; colour < 3; colour += 1) pixels[to + colour] = alpha === 0 ? 0 : Math.round((sum[colour] ?? 0) / alpha);
      pixels[to + 3] = Math.round(alpha);
    });
  });
  return { width, height, pixels };
}

/** For each new place the old ones it covers and the share of each; the shares of a place add up to 1. */
function shares(from: number, to: number): [number, number][][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, place) => {
    const [begin, end] = [place * scale, (place + 1) * scale];
    const covered: [number, number][] = [];
    for (let old = Math.floor(begin); old < Math.min(from, Math.ceil(end - 1e-9)); old += 1) {
      covered.push([old, (Math.min(end, old + 1) - Math.max(begin, old)) / scale]);
    }
    return covered;
  });
}
