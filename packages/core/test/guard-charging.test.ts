import {
  createWflo,
  memoryDatabase,
  type Answer,
  type GuardRequest,
  type Wflo,
  type WfloOptions,
} from "@wflo/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { currentContext } from "../src/run/run-context.ts";
import { answer, ANSWER_COST, request } from "./support/model.ts";

async function client(cap: string, warnings: string[] = [], options: WfloOptions = {}): Promise<Wflo> {
  const logger = { warn: (text: string) => void warnings.push(text), error() {} };
  const wflo = createWflo({ logger, waitMs: 100, settle: "background", ...options });
  onTestFinished(() => wflo.close());
  await wflo.budgets.set({ id: "team", caps: { total: cap } });
  return wflo;
}

const TEAM = { budgets: ["team"] };
const lost: Answer<number> = { value: 1, usage: undefined };
const spent = async (wflo: Wflo) => (await wflo.budgets.get("team"))?.windows[0]?.spent;
/** Nothing a catalogue knows. */
const search = { provider: "tool", model: "search", parts: [], ...TEAM };

describe("a call with a price", () => {
  test("is charged that price, whatever it returns, and says so", async () => {
    const warnings: string[] = [];
    const wflo = await client("1.00", warnings);
    for (const given of [lost, answer(1)])
      await wflo.guardCall({ ...search, price: "0.02" }, async () => given);
    const lines = await wflo.calls.list();
    expect(lines).toMatchObject(
      [1, 2].map(() => ({
        kind: "settle",
        held: "0.02",
        charged: "0.02",
        receipt: { price: "0.02", costKind: "known" },
      })),
    );
    expect(warnings).toEqual([]);
  });

  test("holds it whole, and is refused where it does not fit", async () => {
    const wflo = await client("0.03");
    const call = () => wflo.guardCall({ ...search, price: "0.02" }, async () => lost);
    await call();
    await expect(call()).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED", needed: "0.02" });
  });

  test("is charged nothing when it was refused, and in doubt when nobody knows", async () => {
    const wflo = await client("1.00");
    const failing = (error: Error) =>
      wflo.guardCall({ ...search, price: "0.02" }, () => Promise.reject(error)).catch(() => {});
    await failing(Object.assign(new Error("Too many"), { status: 429 }));
    await failing(new Error("socket hang up"));
    expect(await wflo.calls.list()).toMatchObject([
      { kind: "void", charged: "0.00" },
      { kind: "doubt", charged: "0.02", inDoubt: true },
    ]);
  });

  test("of zero goes on where a budget is overspent, and owes nothing however it ends", async () => {
    const wflo = await client("0.0001");
    await wflo.guardCall(request({ record: true, ...TEAM }), async () => answer(1));
    const free = { ...search, price: 0 };
    expect(await wflo.guardCall(free, async () => lost)).toBe(1);
    await expect(wflo.guardCall(free, () => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
    expect(await wflo.calls.list()).toMatchObject([
      { kind: "recorded", charged: ANSWER_COST },
      { kind: "settle", charged: "0.00" },
      { kind: "void", charged: "0.00", inDoubt: false, receipt: { reason: "Error" } },
    ]);
  });
});

describe("a call with a price and the usage of its model", () => {
  const priced = request({ price: "0.02", ...TEAM });
  const usual = request(TEAM);

  test("have nothing to do with each other: it neither waits for usage nor keeps others away", async () => {
    const wflo = await client("1.00");
    await wflo.guardCall(priced, async () => lost);
    await wflo.guardCall(usual, async () => lost);
    await expect(wflo.guardCall(usual, async () => lost)).rejects.toMatchObject({
      code: "WFLO_MISSING_USAGE",
    });
    await wflo.guardCall(priced, async () => lost);
    expect((await wflo.calls.list()).map(({ kind }) => kind)).toEqual(["settle", "unmeasured", "settle"]);
  });

  test("one that was given up and answered after all is in doubt no longer", async () => {
    const wflo = await client("1.00");
    const signal = AbortSignal.timeout(10);
    const late = Promise.withResolvers<Answer<number>>();
    const call = { ...priced, signal, onAbort: "cancel" } as const;
    await expect(wflo.guardCall(call, () => late.promise)).rejects.toThrow(/timeout/);
    await vi.waitUntil(async () => (await wflo.calls.list()).length > 0, { timeout: 5_000 });
    late.resolve(lost);
    await vi.waitUntil(async () => (await wflo.calls.list()).length > 1, { timeout: 5_000 });
    expect(await wflo.calls.list({ inDoubt: true })).toEqual([]);
    expect(await spent(wflo)).toBe("0.02");
  });
});

describe("a request to a region that costs more", () => {
  const usage = { inputTokens: 1_000, outputTokens: 100 };
  test.each([
    ["api.openai.com", "gpt-5.4", "0.004"],
    ["eu.api.openai.com", "gpt-5.4", "0.0044"],
    // From before regions had a price.
    ["eu.api.openai.com", "gpt-5", "0.00225"],
  ])("at %s, %s is held and charged at its price there", async (host, model, cost) => {
    const wflo = await client("1.00");
    const asked = {
      provider: "openai",
      model,
      host,
      parts: ["x".repeat(488)],
      maxOutputTokens: 100,
      ...TEAM,
    };
    await wflo.guardCall(asked, async () => ({ value: 1, usage }));
    const [line] = await wflo.calls.list();
    expect(line?.charged).toBe(cost);
    // 1,000 tokens of input at most: 488 bytes and what a provider may add.
    expect(line?.held).toBe(cost);
    await expect(wflo.calls.reprice()).resolves.toMatchObject({ looked: 1, changed: [] });
  });
});

describe("a router that tells its bill", () => {
  const told = (billedNanoUsd: number) => async () => ({
    value: 1,
    usage: { inputTokens: 10, outputTokens: 100, reportedPicoUsd: billedNanoUsd * 1_000 },
  });
  const routed = (model: string) => ({
    provider: "openrouter",
    model,
    parts: ["hello"],
    hold: "0.10",
    ...TEAM,
  });

  test("is believed where it is more than the list price, or there is none", async () => {
    const wflo = await client("1.00");
    await wflo.guardCall(routed("openai/gpt-4.1"), told(5_000_000));
    await wflo.guardCall(routed("openai/gpt-4.1"), told(1));
    await wflo.guardCall(routed("nobody/knows-its-price"), told(7_000_000));
    expect((await wflo.calls.list()).map(({ kind, charged }) => [kind, charged])).toEqual([
      ["settle", "0.005"],
      ["settle", ANSWER_COST],
      ["settle", "0.007"],
    ]);
  });
});

describe("a call that is only recorded", () => {
  const recorded = request({ record: true, ...TEAM });

  test("is charged its bill past the cap, as kind recorded", async () => {
    const wflo = await client("0.0001");
    await wflo.guardCall(recorded, async () => answer(1));
    expect(await wflo.calls.list()).toMatchObject([{ kind: "recorded", charged: ANSWER_COST }]);
    expect(await spent(wflo)).toBe(ANSWER_COST);
  });

  test("is refused before it is made when no money is left", async () => {
    const wflo = await client("0.0001");
    let made = 0;
    const call = () => wflo.guardCall(recorded, async () => ((made += 1), answer(1)));
    await call();
    await expect(call()).rejects.toMatchObject({ code: "WFLO_BUDGET_EXCEEDED" });
    expect(made).toBe(1);
  });

  test("is refused when nobody knows its price; where that is allowed, when no money is left", async () => {
    const wflo = await client("1.00");
    const unpriced = { ...recorded, model: "gpt-0" };
    await expect(wflo.guardCall(unpriced, async () => answer(1))).rejects.toMatchObject({
      code: "WFLO_UNKNOWN_PRICE",
    });
    const lenient = await client("0.00", [], { onUnknownPrice: "allow" });
    await expect(lenient.guardCall(unpriced, async () => answer(1))).rejects.toMatchObject({
      code: "WFLO_BUDGET_EXCEEDED",
    });
  });

  test("without usage is unmeasured, with the reason given for it, and a warning unless it was given before", async () => {
    const warnings: string[] = [];
    const wflo = await client("1.00", warnings);
    const call = (isKnown: boolean, model: string) =>
      wflo.guardCall({ ...recorded, model }, async () => ({
        value: 1,
        outcome: { kind: "answered", usage: undefined, noUsage: { reason: "it is a stream", isKnown } },
      }));
    await call(false, "gpt-4.1");
    await call(true, "gpt-4.1-mini");
    expect(await wflo.calls.list()).toMatchObject(
      [1, 2].map(() => ({
        kind: "unmeasured",
        charged: "0.000000001",
        receipt: { noUsage: "it is a stream" },
      })),
    );
    expect(warnings).toEqual([expect.stringContaining("it is a stream")]);
  });

  test("inside a call with a hold keeps that hold, and is settled against it", async () => {
    const wflo = await client("1.00");
    await wflo.guardCall(request({ hold: "0.50", ...TEAM }), async () => {
      await wflo.guardCall(recorded, async () => answer(1));
      return lost;
    });
    expect(await wflo.calls.list()).toMatchObject([{ kind: "settle", held: "0.50", charged: ANSWER_COST }]);
  });
});

test("ways to charge that exclude each other are refused, by a sentence", async () => {
  const wflo = await client("1.00");
  const refused: Partial<Record<keyof GuardRequest, unknown>>[] = [
    { price: 1, hold: 1 },
    { price: 1, record: true },
    { hold: 1, record: true },
    { tool: "yes" },
    { record: 1 },
  ];
  for (const change of refused) {
    const bad = { ...request(), ...change } as GuardRequest;
    await expect(wflo.guardCall(bad, async () => lost)).rejects.toMatchObject({
      code: "WFLO_INVALID_OPTION",
    });
  }
  const negative = request({ price: -1 });
  await expect(wflo.guardCall(negative, async () => lost)).rejects.toMatchObject({
    code: "WFLO_INVALID_AMOUNT",
  });
  expect(await wflo.calls.list()).toEqual([]);
});

test("a call carries the checkpoint that its run had come to when it began", async () => {
  const database = memoryDatabase();
  const wflo = await client("1.00", [], { database });
  await wflo.run({ name: "branchy" }, async () => {
    const { run } = currentContext();
    if (run) run.head = "0199f0d0-0000-7000-8000-000000000001";
    await wflo.guardCall(request(TEAM), async () => answer(1));
  });
  await wflo.flush();
  const [entry] = await database.ledger.listEntries("default", { limit: 1 });
  expect(entry?.label.checkpointId).toBe("0199f0d0-0000-7000-8000-000000000001");
});
