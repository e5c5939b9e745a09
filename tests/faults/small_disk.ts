import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../harness/program";

/** A file system of a few MiB, which only root may mount. */
export class SmallDisk {
  readonly folder = temporaryFolder();

  /** Why there can be none here; nothing when there can. */
  static missing(): string | undefined {
    try {
      const disk = new SmallDisk(1);
      disk.unmount();
      return undefined;
    } catch (error) {
      return `no tmpfs can be mounted here: ${String(error).split("\n")[0]}`;
    }
  }

  constructor(mebibytes: number) {
    this.mount("-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0700`, "tmpfs", this.folder);
  }

  get dataDir(): string {
    return join(this.folder, "data");
  }

  /** Takes all the space there is, to the last byte. */
  fill(): void {
    const file = openSync(join(this.folder, "filler"), "a");
    try {
      for (let size = 65_536; size >= 1; ) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
        } catch {
          size = Math.floor(size / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(join(this.folder, "filler"));
  }

  remount(mode: "ro" | "rw"): void {
    this.mount("-o", `remount,${mode}`, this.folder);
  }

  unmount(): void {
    execFileSync("umount", [this.folder], { stdio: "pipe" });
  }

  private mount(...args: string[]): void {
    execFileSync("mount", args, { stdio: "pipe" });
  }
}
