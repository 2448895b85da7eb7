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
