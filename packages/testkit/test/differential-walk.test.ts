import { expect, test } from "vitest";
import { brokenStores } from "../src/broken-stores/broken-stores.ts";
import { memoryHarness } from "../src/suites/memory-harness.ts";
import { differentialWalk } from "../src/walks/differential-walk.ts";

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

test.each(SEEDS)("money stays sound in walk %i through the memory store", async (seed) => {
  await expect(differentialWalk(await memoryHarness(), await memoryHarness(), seed)).resolves.toBeUndefined();
});

/** Breaks that show in what a sequence of calls leaves behind; the others need parallel callers, tenants, pages or texts. */
const VISIBLE = [
  "forgets a parent budget",
  "ignores a pause",
  "ignores the epoch",
  "grants a closed call again",
  "holds again on a replay",
  "keeps the hold that was replaced",
  "swallows the overrun",
  "lets the last bill of a settled call win",
  "loses the late bill of an expired call",
  "does not renew",
  "expires holds before their time",
  "keeps the old cap of an open window when it is lowered",
  "drops the settles of a superseded step",
  "saves the result of a superseded step",
  "forgets after which checkpoint a step was saved",
  "counts the time of steps in whole seconds",
  "ignores the epoch of a thread",
  "ignores the epoch of a run",
  "ignores what a put must follow",
  "looks at places before it looks at the line",
  "gives an element as often as pieces name it",
  "takes what was saved last for the latest",
  "takes the greatest id for the latest, whatever follows it",
  "sets budgets that are there to their default",
  "takes the first default that matches",
  "makes a budget of an id that is a prefix and no more",
  "grants whatever is asked of budgets that it made",
  "changes budgets with their default",
  "adds the caps of a default to those it had",
  "hides a default that is removed, and goes on with it",
];

test.each(VISIBLE)("walks notice a store that %s", async (name) => {
  const broken = brokenStores.find((store) => store.name === name);
  expect(broken).toBeDefined();
  let isNoticed = false;
  for (const seed of SEEDS) {
    const walk = differentialWalk(await memoryHarness(), await memoryHarness(broken?.wrap), seed);
    await walk.catch(() => (isNoticed = true));
    if (isNoticed) break;
  }
  expect(isNoticed).toBe(true);
});
