import type { CountTokens } from "@wflo/core";
import { describe, expect, test, vi } from "vitest";
import { bounds, OVERHEAD, sized, took } from "./support/bounds.ts";

const TEXT = sized(4_000);
const MORE = sized(2_000);
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A client with a tokenizer of four bytes a token, and a budget `b` on which little or much is left. */
async function counting(total: string, countTokens = vi.fn<CountTokens>((text: string) => text.length / 4)) {
  const warn = vi.fn<(line: string) => void>();
  const client = bounds({ countTokens, logger: { ...silent, warn } });
  await client.wflo.budgets.set({ id: "b", caps: { total } });
  // What is free is known from the first call on.
  await client.of({ parts: [], budgets: ["b"] });
  return { ...client, countTokens, warn };
}

describe("a tokenizer of the client", () => {
  test("bounds texts by their tokens and 8 more each, where money is short", async () => {
    const { of, countTokens } = await counting("0.02");
    expect(await of({ parts: [TEXT, MORE], budgets: ["b"] })).toBe(1_000 + 8 + 500 + 8 + OVERHEAD);
    expect(countTokens).toHaveBeenCalledWith(TEXT, { provider: "acme", model: "m" });
  });

  test("is not asked while money is plentiful, nor on no budget", async () => {
    const { of, countTokens } = await counting("100.00");
    countTokens.mockClear();
    expect(await of({ parts: [TEXT, MORE], budgets: ["b"] })).toBe(6_000 + OVERHEAD);
    expect(await of({ parts: [TEXT, MORE] })).toBe(6_000 + OVERHEAD);
    expect(countTokens).not.toHaveBeenCalled();
  });

  test("counts tools as well, and only what no answer has told of", async () => {
    const { of, countTokens } = await counting("0.02");
    const tools = [sized(393)];
    const first = await of({ parts: [TEXT], tools, budgets: ["b"] }, took(1_100));
    expect(first).toBe(100 + 8 + 1_000 + 8 + OVERHEAD);
    countTokens.mockClear();
    expect(await of({ parts: [TEXT, MORE], tools, budgets: ["b"] })).toBe(1_100 + 500 + 8 + OVERHEAD);
    expect(countTokens.mock.calls.map(([text]) => text)).toEqual([MORE]);
    countTokens.mockClear();
    expect(await of({ parts: [TEXT], tools, budgets: ["b"] })).toBe(1_100 + OVERHEAD);
    expect(countTokens).not.toHaveBeenCalled();
  });

  test("never bounds a text above its bytes, though others are far below theirs", async () => {
    const { of } = await counting(
      "0.02",
      vi.fn<CountTokens>((text) => (text === TEXT ? 1_000 : text.length * 3)),
    );
    expect(await of({ parts: [TEXT, MORE], budgets: ["b"] })).toBe(1_000 + 8 + 2_000 + OVERHEAD);
  });

  test("does not bound what is no text", async () => {
    const { of } = await counting("10.00");
    const image = { kind: "opaque", what: "an image" } as const;
    expect(await of({ parts: [TEXT, image], budgets: ["b"] })).toBe(1_000_000 + OVERHEAD);
  });

  test.each<[string, () => number]>([
    [
      "throws",
      () => {
        throw new Error("no such model");
      },
    ],
    ["gives no number", () => "7" as unknown as number],
    ["gives NaN", () => Number.NaN],
    ["gives infinity", () => Number.POSITIVE_INFINITY],
    ["gives less than nothing", () => -5],
    ["gives nothing for a text", () => 0],
  ])("that %s is warned of once, and bytes stand", async (_, wrong) => {
    const { of, warn } = await counting("0.02", vi.fn<CountTokens>(wrong));
    expect(await of({ parts: [TEXT, MORE], budgets: ["b"] })).toBe(6_000 + OVERHEAD);
    expect(await of({ parts: [MORE], budgets: ["b"] })).toBe(2_000 + OVERHEAD);
    expect(warn.mock.calls.map(([line]) => line)).toEqual([
      expect.stringContaining("countTokens did not count a text"),
    ]);
  });

  test("lets a call pass that its bytes would not", async () => {
    const { of } = await counting("0.003");
    expect(await of({ parts: [TEXT], budgets: ["b"] })).toBe(1_000 + 8 + OVERHEAD);
    const { wflo } = bounds();
    await wflo.budgets.set({ id: "b", caps: { total: "0.003" } });
    const plain = wflo.guardCall({ provider: "acme", model: "m", parts: [TEXT], budgets: ["b"] }, () => {
      throw new Error("sent");
    });
    await expect(plain).rejects.toThrow("Budget b has $0.003 left");
  });
});
