import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wflo-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function demo(): Promise<string> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const args = [join(import.meta.dirname, "demo.ts"), "--database", join(folder, "data")];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout;
}

test(
  "the demo pauses at its cap, resumes in another process, pays nothing twice, and lists earlier runs",
  { timeout: 300_000 },
  async () => {
    const first = await demo();
    const [, starter] = /Process (\d+) starts/.exec(first) ?? [];
    const [, resumer] = /Process (\d+) raises the cap/.exec(first) ?? [];
    expect(starter).not.toBe(resumer);
    expect(first).toMatch(
      /Paused\. Budget run\/\S+ has \$\S+ left of \$0\.01; this call may cost up to \$\S+\. Raise the cap/,
    );
    expect(first).toMatch(/turn:1 +saved before: not run and not paid again/);
    expect(first).toContain("What I found on");
    const [, billed, recorded] =
      /The simulator billed (\d+) calls .*; the ledger has (\d+)\./.exec(first) ?? [];
    expect(Number(billed)).toBeGreaterThan(5);
    expect(recorded).toBe(billed);
    expect(first).toMatch(/\d of 6 branches are done\)[^]*read +is paid now[^]*now make \$\S+ for 8 calls\./);
    expect(first).not.toContain("Earlier runs");
    expect(await demo()).toMatch(
      /Earlier runs in .*\n.*\n.*\n.*graph-research {2}completed.*\n.*explore-folder {2}completed/,
    );
  },
);
