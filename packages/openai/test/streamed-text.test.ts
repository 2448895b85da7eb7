import { expect, test } from "vitest";
import { textIn } from "../src/streamed-text.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

test.each(["", "plain", "Grüße", "日本語", "🙂🙃", "a\u0000é€😀"])("counts the bytes of %j", (text) => {
  expect(textIn({ choices: [{ delta: { content: text } }] })?.bytes).toBe(bytes(text));
  expect(textIn({ type: "response.output_text.delta", delta: text })?.bytes).toBe(bytes(text));
});

test("counts what a model wrote: text, refusals, thoughts that are shown, names and arguments of tools", () => {
  const delta = {
    role: "assistant",
    content: "ab",
    refusal: "c",
    reasoning_content: "de",
    tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "fg", arguments: "{}" } }],
  };
  expect(textIn({ choices: [{ delta }, { delta: { content: "h" } }, { delta: {} }] })).toEqual({
    bytes: 10,
    pieces: 2,
  });
});

test.each([
  { choices: [{ delta: { audio: { data: "aGk=" } } }] },
  { type: "response.output_item.added", item: { type: "reasoning" } },
  { type: "response.audio.delta", delta: "aGk=" },
])("knows that %j is billed for more than it shows", (event) => {
  expect(textIn(event)).toBeUndefined();
});
