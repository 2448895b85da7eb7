import { expect, test } from "vitest";
import { examplesOf } from "./run-example.ts";

const { run: example } = examplesOf("ai-sdk");

test("basic makes a text, a stream and a loop of tools, and each answer tells what it cost and left", async () => {
  const { code, stdout, stderr } = await example("basic");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain('You asked: "What is a hard budget, in one sentence?"');
  expect(stdout).toContain('You asked: "Why is money held before a call is sent?"');
  expect(stdout).toMatch(/^- 1\. .*\n- 2\. .*$/m);
  const told = Array.from(stdout.matchAll(/\(\$(\S+); budget user\/42 has \$(\S+) left\)/g));
  const sum = told.reduce((total, [, cost]) => total + Number(cost), 0);
  expect(told).toHaveLength(5);
  const [, spent, left] = /^\$(\S+) of \$0\.50 is spent today; \$(\S+) is left\.$/m.exec(stdout) ?? [];
  expect(Number(spent)).toBeCloseTo(sum, 9);
  expect(Number(left)).toBeCloseTo(0.5 - Number(spent), 9);
});

test(
  "an agent stopped at its budget is gone on with by another process, which asks and pays for nothing twice",
  { timeout: 300_000 },
  async () => {
    const stopped = await example("stop-at-budget");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^Budget run\/\S+ has \$\S+ left of \$0\.004; this call may cost up to \$\S+\. Raise the cap or lower maxOutputTokens\.\n/,
    );
    const [, runId, calls, spent] =
      /^Run (\S+) is paused: (\d+) calls for \$(\S+), and none more was sent\.$/m.exec(stopped.stdout) ?? [];
    expect(stopped.stdout).toContain("Saved: model, list_decisions, model, read_decision");
    const saved = (/^Saved: (.*)$/m.exec(stopped.stdout)?.[1] ?? "").split(", ");
    expect(saved.filter((name) => name === "model")).toHaveLength(Number(calls));

    const resumed = await example("resume", runId ?? "");
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    expect(resumed.stdout).toContain(`${saved.length} answers and results of tools were saved before`);
    expect(resumed.stdout).toMatch(/^- 1\. Hold the bound, charge the bill/m);
    expect(resumed.stdout).toContain(`$${spent} before and $`);
  },
);
