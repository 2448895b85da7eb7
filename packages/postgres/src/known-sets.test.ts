import { expect, test } from "vitest";
import { KnownSets } from "./known-sets.ts";
import { reserveArgs } from "./reserve-args.ts";

const DAY_MS = 86_400_000;

function askOf(id: string, share = 1) {
  return reserveArgs({
    tenant: "t",
    callId: crypto.randomUUID(),
    isNew: true,
    budgetIds: [id],
    boundNanoUsd: 1n,
    needNanoUsd: 1n,
    targetNanoUsd: 1n,
    share,
    ttlMs: 1_000,
    label: { provider: "p", model: "m" },
  });
}

/** What is told of a grant on a budget, on the day with this number. */
function answerOn(day: number, budgetId: string) {
  const [startsAt, resetsAt] = [day * DAY_MS, (day + 1) * DAY_MS];
  const money = { cap: "9", spent: "0", reserved: "1", overrun: "0" };
  return {
    closed: null,
    charged: null,
    overruns: null,
    settled: null,
    warnings: null,
    grants: ["1"],
    windows: [{ budgetId, window: "day" as const, zone: "UTC", startsAt, resetsAt, ...money }],
    versions: { [budgetId]: "7" },
    charging: [],
  };
}

test("what is known of days gone by does not pile up: once it is very much, all is learned anew", () => {
  const known = new KnownSets();
  known.learn([askOf("other")], answerOn(0, "other"));
  const calls = [askOf("daily")];
  for (let day = 0; day < 50_000; day += 1) {
    expect(known.find(askOf("other"))).toBeDefined();
    known.learn(calls, answerOn(day, "daily"));
  }
  expect(known.find(askOf("other"))).toBeUndefined();
  expect(known.find(askOf("daily"))?.windows[0]?.json.startsAt).toBe(49_999 * DAY_MS);
});

test("once a budget is told of anew, no set that was told of it before is known", () => {
  const known = new KnownSets();
  const [both, alone] = [{ ...askOf("b"), budgetIds: ["b", "c"] }, askOf("b")];
  const versions = { b: "7", c: "1" };
  known.learn([both], { ...answerOn(0, "b"), versions });
  known.learn([alone], answerOn(0, "b"));
  expect([known.find(both)?.versions.size, known.find(alone)?.versions.size]).toEqual([2, 1]);
  known.learn([alone], { ...answerOn(0, "b"), versions: { b: "8" } });
  expect([known.find(both), known.find(alone)?.versions.get("b")]).toEqual([undefined, "8"]);
});

test("a call that nobody granted teaches nothing, nor does one whose budget is not there", () => {
  const known = new KnownSets();
  known.learn([askOf("refused")], { ...answerOn(0, "refused"), grants: [null] });
  known.learn([askOf("gone")], { ...answerOn(0, "gone"), versions: {} });
  expect([known.find(askOf("refused")), known.find(askOf("gone"))]).toEqual([undefined, undefined]);
});

test.each([
  [Infinity, Number.MAX_SAFE_INTEGER],
  [2.9, 2],
  [0, 1],
  [NaN, 1],
])("a share of %d is a number that the database can keep", (share, kept) => {
  expect(askOf("b", share).share).toBe(kept);
});
