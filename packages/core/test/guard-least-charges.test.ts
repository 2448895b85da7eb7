import { createWflo, type GuardRequest, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { request } from "./support/model.ts";
import { brokenAfter, onlyCall, readAll, streamed } from "./support/streams.ts";

let wflo: Wflo;
beforeEach(async () => {
  wflo = createWflo({ logger: false });
  await wflo.budgets.set({ id: "b", caps: { total: "100.00" } });
});
afterEach(() => wflo.close());

const under = (change: Partial<GuardRequest>) => request({ budgets: ["b"], reasoning: false, ...change });
/** 4,000 bytes. */
const PAGE = "word ".repeat(800);
const tenPages = Array.from({ length: 10 }, () => PAGE);
/** At $8 a million tokens, where a token has 16 bytes: text of hardly any language has more. */
const certainCostOf = (bytes: number) => (bytes / 16) * 8e-6;

describe("an answer that breaks off above its hold is charged what came at least", () => {
  test.each([
    ["that is only recorded", { record: true }],
    ["that is only recorded, of a model that thinks", { record: true, reasoning: true }],
    ["on no budget", { record: true, budgets: [] }],
  ] as const)("%s", async (_, change) => {
    const stream = await wflo.guardStream(under(change), async () => streamed(brokenAfter(tenPages)));
    await readAll(stream);
    const line = await onlyCall(wflo);
    expect(line.kind).toBe("estimate");
    expect(Number(line.charged)).toBeGreaterThanOrEqual(certainCostOf(40_000));
    expect(Number(line.charged)).toBeLessThan(5 * certainCostOf(40_000));
  });

  test("of which a single word came, though nothing bounds its input", async () => {
    const stream = await wflo.guardStream(under({ record: true }), async () => streamed(brokenAfter(["hi"])));
    await readAll(stream);
    expect(await onlyCall(wflo)).toMatchObject({ kind: "estimate", charged: "0.000008" });
  });

  test("whose hold was given by hand since nothing bounds its input", async () => {
    const parts = [{ kind: "unbounded", what: "web search" }] as const;
    const asked = under({ hold: "0.001", parts });
    const stream = await wflo.guardStream(asked, async () => streamed(brokenAfter([PAGE, ...tenPages])));
    await readAll(stream);
    expect(Number((await onlyCall(wflo)).charged)).toBeGreaterThanOrEqual(certainCostOf(44_000));
  });
});

test("an answer within a hold that was given by hand since nothing bounds its input is charged that hold", async () => {
  const parts = [{ kind: "unbounded", what: "web search" }] as const;
  const asked = under({ hold: "1.00", parts });
  const stream = await wflo.guardStream(asked, async () => streamed(brokenAfter([PAGE])));
  await readAll(stream);
  expect(await onlyCall(wflo)).toMatchObject({ kind: "estimate", charged: "1.00" });
});
