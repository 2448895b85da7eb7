import { describe, expect, test } from "vitest";
import { packText, unpackText } from "./packed-text.ts";

const words = "the quick brown fox jumps over the lazy dog and back again, ".repeat(20);
const message = JSON.stringify({
  lc: 1,
  type: "constructor",
  id: ["langchain_core", "messages", "AIMessage"],
  kwargs: { content: `${words}ü 😀 \u0000 \ud800`, tool_calls: [], invalid_tool_calls: [] },
});

describe("a packed text", () => {
  test.each([message, words, "ü😀".repeat(500)])("comes back as it was (%#)", (text) => {
    const { packed } = packText(text);
    expect(unpackText(packed ?? "")).toBe(text);
    expect((packed ?? text).length).toBeLessThan(text.length / 2);
  });

  test("is left alone when it is short or has nothing to pack", () => {
    let state = 7;
    const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
    const random = Array.from({ length: 600 }, () => String.fromCharCode(33 + ((next() >>> 16) % 90))).join(
      "",
    );
    for (const text of ["", "short", random]) expect(packText(text)).toEqual({ text, packed: null });
  });

  test("of a newer version is refused with a sentence", () => {
    expect(() => unpackText(Buffer.from([2, 1, 2, 3]).toString("base64"))).toThrow(/newer version/);
  });

  test("that was packed by the first version is still read", () => {
    const kwargs = {
      content: "hi",
      tool_calls: [],
      invalid_tool_calls: [],
      additional_kwargs: {},
      response_metadata: {},
    };
    const id = ["langchain_core", "messages", "AIMessage"];
    const text = JSON.stringify({ lc: 1, type: "constructor", id, kwargs });
    expect(unpackText("AaO5BRmZyEUEFeOkthYA")).toBe(text);
  });
});
