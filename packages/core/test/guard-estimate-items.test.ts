import { describe, expect, test } from "vitest";
import { bounds, CONTEXT_WINDOW, OVERHEAD, sized, took } from "./support/bounds.ts";

const thought = (itemId: string, key = itemId) => ({
  kind: "opaque" as const,
  what: "a thought",
  key,
  itemId,
});
const QUESTION = sized(100);
const RESULT = sized(50);

describe("something of an earlier answer that a request sends back by its id", () => {
  test("is bounded by that answer's output, once for all that is in it", async () => {
    const { of } = bounds();
    await of({ parts: [QUESTION] }, took(30, 700), { itemIds: ["rs_1", "rs_2"] });
    const parts = [QUESTION, thought("rs_1"), thought("rs_2"), RESULT];
    expect(await of({ parts })).toBe(30 + 700 + 50 + OVERHEAD);
  });

  test("of two answers is bounded by both", async () => {
    const { of } = bounds();
    await of({ parts: [QUESTION] }, took(30, 700), { itemIds: ["rs_1"] });
    await of({ parts: [RESULT] }, took(20, 90), { itemIds: ["rs_2"] });
    expect(await of({ parts: [thought("rs_1"), thought("rs_2")] })).toBe(700 + 90 + OVERHEAD);
  });

  test("that this process has not seen, or of another model or host, is bounded by what the model can read", async () => {
    const { of } = bounds();
    await of({ parts: [QUESTION] }, took(30, 700), { itemIds: ["rs_1"] });
    const whole = CONTEXT_WINDOW + OVERHEAD;
    expect(await of({ parts: [thought("rs_9")] })).toBe(whole);
    expect(await of({ parts: [thought("rs_1")], model: "other" }).catch(() => whole)).toBe(whole);
    expect(await of({ parts: [thought("rs_1")], host: "elsewhere" })).toBe(whole);
  });

  test("is in the usage of the answer that had it before", async () => {
    const { of } = bounds();
    await of({ parts: [QUESTION] }, took(30, 700), { itemIds: ["rs_1"] });
    const parts = [QUESTION, thought("rs_1"), RESULT];
    await of({ parts }, took(400, 10));
    expect(await of({ parts: [...parts, QUESTION] })).toBe(400 + 100 + OVERHEAD);
  });
});

test("what one host has told is not believed of another", async () => {
  const { of } = bounds();
  const parts = [sized(4_000)];
  await of({ parts, host: "a.example" }, took(1_000));
  expect(await of({ parts, host: "a.example" })).toBe(1_000 + OVERHEAD);
  expect(await of({ parts, host: "b.example" })).toBe(4_000 + OVERHEAD);
});
