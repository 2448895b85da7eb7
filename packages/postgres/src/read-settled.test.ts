import { expect, test } from "vitest";
import { readSettled, type SettledJson } from "./read-settled.ts";
import { settlementRows } from "./settlements.ts";

const IDS = ["0198c1d2-0000-7000-8000-00000000000A", "no call", "0198c1d2-0000-7000-8000-00000000000b"];
const rows = settlementRows(
  IDS.map((callId, at) => ({
    callId,
    settlementId: `0198c1d2-0000-7000-8000-00000000010${at}`,
    kind: "settle",
    costNanoUsd: 1n,
    receipt: {},
  })),
);
const WINDOW = {
  budgetId: "b",
  window: "total",
  zone: "UTC",
  startsAt: null,
  resetsAt: null,
  cap: "10",
  spent: "9",
  reserved: "0",
  overrun: "0",
} as const;
const whole: SettledJson = {
  closed: ["0198c1d2-0000-7000-8000-00000000000b", "0198c1d2-0000-7000-8000-00000000000a"],
  charged: ["2", "1"],
  overruns: ["1", "0"],
  settled: null,
  warnings: [{ share: 0.9, window: WINDOW }],
};

test("verdicts come in the order of the batch, with the ids of their callers; the last one has the warnings", () => {
  expect(readSettled(rows, whole)).toMatchObject([
    { callId: IDS[0], code: "settled", chargedNanoUsd: 1n, overrunNanoUsd: 0n },
    { callId: IDS[1], code: "unknown", chargedNanoUsd: 0n },
    { callId: IDS[2], code: "settled", chargedNanoUsd: 2n, overrunNanoUsd: 1n, warnings: [{ share: 0.9 }] },
  ]);
  expect(readSettled(rows, whole).filter((verdict) => "warnings" in verdict)).toHaveLength(1);
});

test.each([
  ["is not among those that were closed", { closed: [], charged: [], overruns: [] }],
  ["has no amount", { charged: ["2"] }],
  ["has nothing above its hold told", { overruns: ["1"] }],
])("a call that %s has not cost nothing: that is an error", (_, change) => {
  expect(() => readSettled(rows, { ...whole, ...change })).toThrow("told nothing of call");
});
