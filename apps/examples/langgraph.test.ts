import { expect, test } from "vitest";
import { examplesOf } from "./run-example.ts";

const { run: example } = examplesOf("langgraph");

const total = (stdout: string) => /^ +\$(\S+) +\d+ calls +the run$/m.exec(stdout)?.[1];

test(
  "a graph that was stopped at its budget is gone on with by another process: no branch is paid twice",
  { timeout: 300_000 },
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
