import { expect, test } from "vitest";
import { Tally } from "./tally.ts";

const REFUSAL = { what: "exceeded", budget: "b", cap: "1.00", spent: "0.40", isStuck: false } as const;

test.each([
  { title: "more than is left", line: { ...REFUSAL, needed: "0.600000001" }, affordable: 0 },
  { title: "all that is left", line: { ...REFUSAL, needed: "0.60" }, affordable: 1 },
  {
    title: "what those hold who wait for it",
    line: { ...REFUSAL, needed: "0.60", isStuck: true },
    affordable: 0,
  },
])("a refusal of $title: $affordable affordable", ({ line, affordable }) => {
  const tally = new Tally();
  tally.add(line);
  expect(tally).toMatchObject({ exceeded: 1, affordable: { length: affordable } });
});

test("a pair is a hold that was settled; a settle that the ledger does not take is an error", () => {
  const tally = new Tally();
  for (const code of ["settled", "late", "replay", "unknown", "conflict"] as const)
    tally.add({ what: "closed", call: "c", code, charged: "7" });
  expect(tally.pairs).toBe(1);
  expect([...tally.errors.keys()]).toEqual(["The ledger took no settle of call c: conflict."]);
});
