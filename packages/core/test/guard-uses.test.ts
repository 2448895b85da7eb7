import { InvalidOptionError, UnboundedRequestError, UnknownPriceError, type GuardRequest } from "@wflo/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Anchors } from "../src/guard/anchors.ts";
import { estimate, type Estimate } from "../src/guard/estimate.ts";
import { costOfUsage } from "../src/pricing/cost/cost-of-usage.ts";
import { createCatalogue } from "../src/pricing/rates/catalogue.ts";
import { bounds, CONTEXT_WINDOW, OVERHEAD, sized, took } from "./support/bounds.ts";

const catalogue = createCatalogue();
const CLAUDE = { provider: "anthropic", model: "claude-sonnet-4-5" } as const;
const GPT = { provider: "openai", model: "gpt-4.1" } as const;
const WINDOW = 200_000;

const uses = (atMost: number, fees?: readonly string[]) =>
  ({ kind: "uses", what: "a search", atMost, fees }) as const;

function estimateOf(request: Partial<GuardRequest>): Estimate {
  const whole = { ...CLAUDE, parts: ["hello"], maxOutputTokens: 100, ...request };
  return estimate(whole, { catalogue, anchors: new Anchors(), wantOutputTokens: 8_192 });
}

describe("work of the provider that a request allows a number of times", () => {
  test("is bounded by all that the model can read, once and again after each, and by its fees", () => {
    const card = catalogue.find(CLAUDE);
    if ("unknown" in card) throw new Error(card.reason);
    expect(card.contextWindow).toBe(WINDOW);
    const { inputTokens, boundNanoUsd } = estimateOf({ parts: ["hello", uses(3, ["web_search"])] });
    expect(inputTokens).toBe(4 * WINDOW + OVERHEAD);
    // More than 200,000 tokens may be read at once: at the price of a long context, written to the cache. $0.01 a search.
    const perToken = card.rates.cacheWrite?.tiers[0]?.picoUsd ?? card.rates.cacheWrite?.picoUsd ?? 0n;
    expect(boundNanoUsd - estimateOf({ parts: ["hello", uses(3)] }).boundNanoUsd).toBe(30_000_000n);
    expect(boundNanoUsd).toBeGreaterThanOrEqual((BigInt(4 * WINDOW) * perToken) / 1_000n + 30_000_000n);
  });

  test("is never below the bill of any such answer", () => {
    const card = catalogue.find(CLAUDE);
    if ("unknown" in card) throw new Error(card.reason);
    const answer = fc.record({
      allowed: fc.integer({ min: 1, max: 6 }),
      searched: fc.nat(6),
      read: fc.array(fc.record({ plain: fc.nat(100_000), written: fc.nat(100_000) }), {
        minLength: 7,
        maxLength: 7,
      }),
      outputTokens: fc.nat(100),
    });
    fc.assert(
      fc.property(answer, ({ allowed, searched, read, outputTokens }) => {
        const turns = read.slice(0, Math.min(allowed, searched) + 1);
        const cacheWriteTokens = turns.reduce((sum, { written }) => sum + written, 0);
        const inputTokens = turns.reduce((sum, { plain }) => sum + plain, cacheWriteTokens);
        const fees = [{ meter: "web_search", count: turns.length - 1 }];
        const cost = costOfUsage({ card, usage: { inputTokens, cacheWriteTokens, outputTokens, fees } });
        if (cost.kind === "unknown") throw new Error(cost.reason);
        const { boundNanoUsd } = estimateOf({ parts: ["hello", uses(allowed, ["web_search"])] });
        expect(boundNanoUsd).toBeGreaterThanOrEqual(cost.nanoUsd);
      }),
    );
  });

  test("of several kinds adds up, each at the dearest fee that may apply", () => {
    const bound = (parts: GuardRequest["parts"]) => estimateOf({ ...GPT, parts }).boundNanoUsd;
    const free = bound([uses(2), uses(3)]);
    // A search costs $0.01, one in files $0.0025, a container $0.03.
    expect(bound([uses(2, ["web_search", "file_search"]), uses(3, ["container"])]) - free).toBe(110_000_000n);
    expect(bound([uses(5)])).toBe(free);
    expect(bound([uses(0, ["web_search"])])).toBe(bound([uses(0)]));
  });

  test("lets an answer without a cap be as long each time", () => {
    const uncapped = (parts: GuardRequest["parts"]) =>
      estimateOf({ ...GPT, parts, maxOutputTokens: undefined, canCap: false });
    const once = uncapped(["hello", uses(0)]);
    const twice = uncapped(["hello", uses(1)]);
    const ofOutput = ({ boundNanoUsd, costOfOutput }: Estimate) => boundNanoUsd - (costOfOutput(0) ?? 0n);
    expect(ofOutput(twice)).toBe(2n * ofOutput(once));
    const short = estimateOf({ ...GPT, parts: ["hello", uses(3)], maxOutputTokens: undefined });
    // What is granted is no more than the model takes for a cap.
    expect(short.outputTokensFor(short.boundNanoUsd - 1n)).toBe(32_768);
  });

  test("stays beside what an earlier answer tells of the text", async () => {
    const { of } = bounds();
    const parts = [sized(4_000), uses(1)];
    await of({ parts }, took(1_000));
    expect(await of({ parts: [...parts, "more"] })).toBe(2 * CONTEXT_WINDOW + OVERHEAD);
  });

  test("is refused where its fee or the model's window is not known, with what to set", async () => {
    expect(() => estimateOf({ parts: [uses(1, ["moon_walk"])] })).toThrow(UnknownPriceError);
    expect(() => estimateOf({ parts: [uses(1, ["moon_walk"])] })).toThrow(/moon_walk.*pass hold/);
    const { of, wflo } = bounds();
    await wflo.budgets.set({ id: "b", caps: { total: "10" } });
    const unsized = of({ model: "unsized", parts: [uses(1)], budgets: ["b"] });
    await expect(unsized).rejects.toThrow("it has a search, and the context window");
  });

  test("without an end is refused with the option that would bound it", () => {
    const parts = [{ kind: "unbounded", what: "a search", bound: "max_uses of that tool" }] as const;
    expect(() => estimateOf({ parts })).toThrow(UnboundedRequestError);
    expect(() => estimateOf({ parts })).toThrow(
      "Set max_uses of that tool in the request, or the option hold",
    );
  });

  test.each([-1, 0.5, Number.NaN, "3"])("is a whole number of times, not %s", async (atMost) => {
    for (const kind of ["uses", "tokens"] as const) {
      const refused = bounds().of({ parts: [{ kind, what: "it", atMost: atMost as number }] });
      await expect(refused).rejects.toThrow(InvalidOptionError);
    }
  });
});

describe("what the provider adds by itself", () => {
  const added = { kind: "tokens", what: "a tool of its own", atMost: 1_536 } as const;

  test("is bounded by what it says, and is in the usage of an answer that had it", async () => {
    const { of } = bounds();
    const parts = [added, sized(4_000)];
    expect(await of({ parts }, took(2_000))).toBe(1_536 + 4_000 + OVERHEAD);
    expect(await of({ parts })).toBe(2_000 + OVERHEAD);
    expect(await of({ parts: [{ ...added, atMost: 1_537 }, sized(4_000)] })).toBe(1_537 + 4_000 + OVERHEAD);
  });

  test("is no text that a tokenizer could count for less", async () => {
    const { of, wflo } = bounds({ countTokens: (text) => text.length / 4 });
    await wflo.budgets.set({ id: "b", caps: { total: "0.02" } });
    await of({ parts: [], budgets: ["b"] });
    expect(await of({ parts: [added, sized(4_000)], budgets: ["b"] })).toBe(1_536 + 1_000 + 8 + OVERHEAD);
  });
});
