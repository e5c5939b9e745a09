import { type JobContext, NonRetryableError } from "@taskgate/sdk";
import { fit, type Picture, readPng, shrink, writePng } from "./picture.js";

export const JOB_TYPE = "Make thumbnails";

export interface ThumbnailsData {
  /** A PNG in base64; with the 256 KiB of a job's data, about 190 KB of file. */
  png: string;
  /** The longer side of each thumbnail. */
  sizes: number[];
}

export interface Thumbnail {
  size: number;
  width: number;
  height: number;
  /** In base64. */
  png: string;
}

const SIZE_MAX = 512;
const SIZES_MAX = 8;

/** The handler: bad input fails for good, since no retry would mend it. */
export async function makeThumbnails({ data, progress, log, signal }: JobContext<ThumbnailsData>): Promise<{ thumbnails: Thumbnail[] }> {
  const { picture, sizes } = read(data);
  log(`a picture of ${picture.width} × ${picture.height} pixels`);
  const thumbnails: Thumbnail[] = [];
  for (const size of sizes) {
    await new Promise((done) => setImmediate(done)); // lets beats and cancels through between two pictures
    signal.throwIfAborted();
    const { width, height } = fit(picture, size);
    thumbnails.push({ size, width, height, png: writePng(shrink(picture, width, height)).toString("base64") });
    progress((100 * thumbnails.length) / sizes.length, `${width} × ${height}`);
  }
  return { thumbnails };
}

function read(data: Partial<ThumbnailsData> | null): { picture: Picture; sizes: number[] } {
  const sizes = data?.sizes;
  const isSize = (size: unknown) => Number.isInteger(size) && Number(size) >= 1 && Number(size) <= SIZE_MAX;
  if (!Array.isArray(sizes) || sizes.length < 1 || sizes.length > SIZES_MAX || !sizes.every(isSize)) {
    throw new NonRetryableError(`data.sizes must be 1 to ${SIZES_MAX} whole numbers from 1 to ${SIZE_MAX}`);
  }
  if (typeof data?.png !== "string") throw new NonRetryableError("data.png must be a PNG in base64");
  try {
    return { picture: readPng(Buffer.from(data.png, "base64")), sizes };
  } catch (error) {
    throw new NonRetryableError(error instanceof Error ? error.message : String(error));
  }
}
