import { createWflo, type GuardRequest, type Outcome, type StreamMeter, type Wflo } from "@wflo/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { request } from "./support/model.ts";
import { brokenAfter, chunksOf, countingMeter, onlyCall, readAll, streamed } from "./support/streams.ts";

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

describe("an answer above its hold is charged what came at least", () => {
  const open = async (meter: StreamMeter<string>, chunks = chunksOf(...tenPages)) => {
    const stream = await wflo.guardStream(under({ maxOutputTokens: 50, budgets: [] }), async () =>
      streamed(chunks, meter),
    );
    await readAll(stream);
    const { kind, charged } = await onlyCall(wflo);
    return { kind, charged: Number(charged) };
  };
  const sound = countingMeter();
  const fails = (): never => {
    throw new Error("a fault of the meter");
  };

  test("when it comes without usage", async () => {
    const { kind, charged } = await open(countingMeter());
    expect(kind).toBe("unmeasured");
    expect(charged).toBeGreaterThanOrEqual(certainCostOf(40_000));
  });

  test("when its usage is none", async () => {
    const usage = { inputTokens: 10, outputTokens: -5 };
    const { kind, charged } = await open({ ...sound, outcome: () => ({ kind: "answered", usage }) });
    expect(kind).toBe("unmeasured");
    expect(charged).toBeGreaterThanOrEqual(certainCostOf(40_000));
  });

  test("when its meter throws instead of telling what became of it", async () => {
    const { kind, charged } = await open({ ...countingMeter(), outcome: fails });
    expect(kind).toBe("estimate");
    expect(charged).toBeGreaterThanOrEqual(certainCostOf(40_000));
  });

  test("when its meter no longer tells what came", async () => {
    const meter = countingMeter();
    let told = 0;
    const output = () => ((told += 1) < 10 ? meter.output?.() : fails());
    const { kind, charged } = await open({ ...meter, output });
    expect(kind).toBe("estimate");
    expect(charged).toBeGreaterThanOrEqual(certainCostOf(36_000));
  });
});

test("an answer within its hold whose meter throws is charged its hold", async () => {
  const meter = {
    ...countingMeter(),
    outcome: (): never => {
      throw new Error("a fault of the meter");
    },
  };
  const asked = under({ maxOutputTokens: 100_000 });
  await readAll(await wflo.guardStream(asked, async () => streamed(chunksOf("word "), meter)));
  const line = await onlyCall(wflo);
  expect(line).toMatchObject({ kind: "estimate", charged: line.held });
});

test.each([
  ["nothing", undefined],
  ["of a kind that there is not", { kind: "weird" }],
  ["a promise", Promise.resolve({ kind: "rejected", reason: "free" })],
])("an answer whose outcome is %s is charged its hold, and its reader gets its end", async (_, outcome) => {
  const meter = { ...countingMeter(), outcome: () => outcome as Outcome };
  const asked = under({ maxOutputTokens: 1_000 });
  const stream = await wflo.guardStream(asked, async () => streamed(chunksOf("a", "b"), meter));
  expect(await readAll(stream)).toEqual({ pieces: ["a", "b"], error: undefined });
  const line = await onlyCall(wflo);
  expect(line).toMatchObject({ kind: "estimate", charged: line.held });
});

test("a count that is none keeps no later call of its model from being bounded", async () => {
  const usage = { inputTokens: 10, outputTokens: Number.NaN };
  const meter = { ...countingMeter(), outcome: () => ({ kind: "answered", usage }) as const };
  await readAll(await wflo.guardStream(under({}), async () => streamed(chunksOf("a"), meter)));
  const next = await wflo.guardStream(under({}), async () => streamed(chunksOf("a", "usage")));
  expect((await readAll(next)).error).toBeUndefined();
});

test("an answer within a hold that was given by hand since nothing bounds its input is charged that hold", async () => {
  const parts = [{ kind: "unbounded", what: "web search" }] as const;
  const asked = under({ hold: "1.00", parts });
  const stream = await wflo.guardStream(asked, async () => streamed(brokenAfter([PAGE])));
  await readAll(stream);
  expect(await onlyCall(wflo)).toMatchObject({ kind: "estimate", charged: "1.00" });
});
