import { expect, test } from "vitest";
import { examplesOf } from "./run-example.ts";

const { run: example } = examplesOf("mastra");

test("a supervisor and its agents are on one budget, each with its cost, and stop when it is spent", async () => {
  const { code, stdout, stderr } = await example("basic");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^1\. Hold the bound, charge the bill.*\n\(3 steps for \$\S+\)$/m);
  expect(stdout).toContain("In one sentence: 13. A refusal stops a graph as an interrupt does; 18. ");
  expect(stdout).toMatch(
    /^ {2}\$\S+ {2}6 calls {2}reader\n {2}\$\S+ {2}3 calls {2}supervisor\n {2}\$\S+ {2}1 calls {2}editor$/m,
  );
  expect(stdout).toMatch(
    /^Budget user\/42 has \$0\.00 left of \$0\.0001 a day \(resets \d{4}-\d\d-\d\d UTC\); this call may cost up to /m,
  );
});

test(
  "a workflow stopped at its budget is gone on with by another process, which pays for nothing twice",
  { timeout: 300_000 },
  async () => {
    const stopped = await example("stop-at-budget");
    expect([stopped.code, stopped.stderr]).toEqual([0, ""]);
    expect(stopped.stdout).toMatch(
      /^Budget run\/\S+ has \$\S+ left of \$0\.003; this call may cost up to \$\S+\. Raise the cap or lower maxOutputTokens\.\n/,
    );
    const [, runId, calls, spent] =
      /^Run (\S+) is paused: (\d+) calls for \$(\S+), and none more was sent\.$/m.exec(stopped.stdout) ?? [];
    expect(Number(calls)).toBeGreaterThan(0);
    expect(Number(calls)).toBeLessThan(13);

    const resumed = await example("resume", runId ?? "");
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    expect(resumed.stdout).toMatch(/^In one sentence: 1\. Hold the bound.* 6\. States are stored /m);
    expect(resumed.stdout).toContain(`$${spent} before and $`);
    // Six decisions, read in two calls each, and a sentence of them.
    expect(resumed.stdout).toMatch(/ for 13 calls\.\n$/);
  },
);
