import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SEED = "5";
const KILLS = "10";

test(
  "finished steps are neither run nor paid again by the processes that follow one that was killed",
  { timeout: 300_000 },
  async () => {
    const bench = fileURLToPath(new URL("run-kills.ts", import.meta.url));
    // It exits with 1, and throws here, when a promise is broken.
    const { stdout } = await promisify(execFile)(process.execPath, [bench, SEED, KILLS]);
    expect(stdout).not.toContain("BROKEN");
    expect(stdout).toContain("kept");
  },
);
