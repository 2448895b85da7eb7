import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SEED = "5";
const STREAMS = "300";

test(
  "of streams that are read to their end, broken off, aborted, cut and retried none is charged wrongly or leaves a hold",
  { timeout: 120_000 },
  async () => {
    const bench = fileURLToPath(new URL("stream-storm.ts", import.meta.url));
    // It exits with 1, and throws here, when a promise is broken.
    const { stdout } = await promisify(execFile)(process.execPath, [bench, SEED, STREAMS]);
    expect(stdout).not.toContain("BROKEN");
    expect(stdout.match(/^kept /gm)).toHaveLength(11);
  },
);
