import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "wflo-langgraph-"));
});
afterAll(() => rm(state, { recursive: true, force: true }));

/** Runs an example in a process of its own, without a key. */
function example(name: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const file = join(import.meta.dirname, "langgraph", `${name}.ts`);
  const options = { env: { ...env, WFLO_FOLDER: join(state, "data") } };
  return new Promise((resolve) => {
    execFile(process.execPath, [file], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

const total = (stdout: string) => /^ +\$(\S+) +\d+ calls +the run$/m.exec(stdout)?.[1];

test(
  "a graph that was stopped at its budget is gone on with by another process: no branch is paid twice",
  { timeout: 180_000 },
  async () => {
    const whole = await example("basic");
    expect([whole.code, whole.stderr]).toEqual([0, ""]);
    expect(whole.stdout).toMatch(/^# How do budgets .*\?\n\n- \w+: /m);
    expect(whole.stdout).toMatch(/6 calls +step read\n/);

    const stopped = await example("stop-at-budget");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^Budget run\/\S+ has \$\S+ left of \$0\.007; this call may cost up to \$\S+\. Raise the cap/,
    );
    const [, done] = /\((\d) of 6 branches are done\)/.exec(stopped.stdout) ?? [];
    expect(Number(done)).toBeGreaterThan(0);

    const resumed = await example("resume");
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    expect(resumed.stdout.match(/^ {2}read +is paid now/gm)).toHaveLength(6 - Number(done));
    expect(total(resumed.stdout)).toBe(total(whole.stdout));

    expect((await example("resume")).stdout).toContain("There is nothing to resume");
  },
);
