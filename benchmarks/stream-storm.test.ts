import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test.for([
  ["the openai client", ["5", "300"]],
  ["streamText", ["2", "60", "60", "ai-sdk"]],
] as const)(
  "of streams of %s that are read to their end, broken off, aborted, cut and retried none is charged wrongly or leaves a hold",
  { timeout: 300_000 },
  async ([, args]) => {
    const bench = fileURLToPath(new URL("stream-storm.ts", import.meta.url));
    // It exits with 1, and throws here, when a promise is broken.
    const { stdout } = await promisify(execFile)(process.execPath, [bench, ...args]);
    expect(stdout).not.toContain("BROKEN");
    expect(stdout.match(/^kept /gm)).toHaveLength(12);
  },
);
