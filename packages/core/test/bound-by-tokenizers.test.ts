import type { RequestPart } from "@wflo/core";
import { SAMPLE_TEXTS as TEXTS } from "@wflo/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Anchors } from "../src/guard/anchors.ts";
import { estimate } from "../src/guard/estimate.ts";
import { createCatalogue } from "../src/pricing/rates/catalogue.ts";
import type { Tool } from "./support/json-writings.ts";
import { FAMILIES, type Chat, type ModelFamily } from "./support/tokenizers.ts";

/** What a request is bounded by, against what real tokenizers make of it, in the words that providers put around it. */

const WINDOW = 1_000_000;
const price = { input: "1", output: "0", contextWindow: WINDOW, maxOutputTokens: 10 };
const catalogue = createCatalogue(Object.fromEntries(FAMILIES.map(({ model }) => [`acme/${model}`, price])));

/** The input tokens that a request is bounded by, by bytes: nothing was seen before. */
function bound(model: string, parts: readonly RequestPart[], tools?: unknown): number {
  const request = { provider: "acme", model, parts, tools };
  const { inputTokens } = estimate(request, { catalogue, anchors: new Anchors(), wantOutputTokens: 8_192 });
  return inputTokens ?? Number.NaN;
}

/** As a hand-written agent tells the door of a chat, which is the least: contents alone, and tools beside them. */
function boundOfChat({ model }: ModelFamily, { messages, tools, schema }: Chat): number {
  const beside = [...tools, ...(schema === undefined ? [] : [schema])];
  return bound(
    model,
    messages.map(({ content }) => content),
    beside.length === 0 ? undefined : beside,
  );
}

function chatOf(...contents: readonly string[]): Chat {
  const roleOf = (at: number) => (at === 0 ? "system" : at % 2 === 1 ? "user" : "assistant");
  return { messages: contents.map((content, at) => ({ role: roleOf(at), content })), tools: [] };
}

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** A text of the fixtures, a cut of one, or anything at all. */
const text = fc.oneof(
  fc.constantFrom(...Object.values(TEXTS)),
  fc
    .tuple(fc.constantFrom(...Object.values(TEXTS)), fc.nat(400), fc.nat(120))
    .map(([whole, from, size]) => whole.slice(from % whole.length, (from % whole.length) + size)),
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.string({ unit: "grapheme", maxLength: 120 }),
  fc.string({
    unit: fc.constantFrom(" ", "\n", "\t", "a", "0", "ﷺ", "½", "é", "字", "🙂", "\u0301", "\ud800"),
    maxLength: 200,
  }),
);
const mixture = fc.array(text, { maxLength: 6 }).map((texts) => texts.join(""));
const name = fc.stringMatching(/^[a-z_]{1,24}$/);

const { schema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({
      type: fc.constantFrom("string", "number", "integer", "boolean"),
      description: fc.option(text, { nil: undefined }),
    }),
    fc.record({
      type: fc.constant("string"),
      enum: fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 60 }),
    }),
    fc.record({
      type: fc.constant("integer"),
      enum: fc.array(fc.nat(9), { minLength: 1, maxLength: 300, size: "max" }),
    }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(name, tie("schema"), { maxKeys: 6 }),
      required: fc.array(name, { maxLength: 3 }),
      additionalProperties: fc.constant(false),
    }),
  ),
}));
const tool = fc.record({
  name,
  description: fc.option(mixture, { nil: undefined }),
  parameters: fc.record({
    type: fc.constant("object"),
    properties: fc.dictionary(name, schema, { maxKeys: 5 }),
  }),
});

describe.each(FAMILIES)("the tokens of $name", (family) => {
  test.each(Object.entries(TEXTS))("of a text are at most its bound: %s", (_, one) => {
    const tokens = family.count(one);
    expect(tokens).toBeGreaterThan(0);
    expect(boundOfChat(family, chatOf(one))).toBeGreaterThanOrEqual(family.countChat(chatOf(one)));
    // What does not hang on an allowance: several times the text.
    const long = one.repeat(Math.ceil(4_000 / one.length));
    expect(boundOfChat(family, chatOf(long))).toBeGreaterThanOrEqual(family.countChat(chatOf(long)));
  });

  test("of any chat are at most its bound", () => {
    fc.assert(
      fc.property(fc.array(mixture, { maxLength: 12 }), (contents) => {
        const chat = chatOf(...contents);
        expect(boundOfChat(family, chat)).toBeGreaterThanOrEqual(family.countChat(chat));
      }),
      { numRuns: 150 },
    );
  });

  test("of thousands of short messages are at most their bound", () => {
    for (const content of ["", "a", "ok", "½", "\n"]) {
      const chat = chatOf(...Array.from({ length: 3_000 }, () => content));
      expect(boundOfChat(family, chat)).toBeGreaterThanOrEqual(family.countChat(chat));
    }
  });

  test("of any tools and schema of the answer are at most their bound, however the provider writes them", () => {
    fc.assert(
      fc.property(
        fc.array(tool, { minLength: 1, maxLength: 6 }),
        fc.option(schema, { nil: undefined }),
        mixture,
        (tools: readonly Tool[], answer, content) => {
          const chat = { ...chatOf(content), tools, schema: answer };
          expect(boundOfChat(family, chat)).toBeGreaterThanOrEqual(family.countChat(chat));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("of a small tool, of many, of a deep one, and of one with thousands of numbers are at most their bound", () => {
    let deep: object = { type: "string" };
    for (let level = 0; level < 60; level += 1) deep = { type: "object", properties: { a: deep } };
    const numbers = { type: "integer", enum: Array.from({ length: 4_000 }, (_, at) => at % 10) };
    const parameters = { type: "object", properties: { a: numbers } };
    const small = Array.from({ length: 128 }, (_, at) => ({ name: `f${at}` }));
    for (const tools of [
      small,
      small.slice(0, 1),
      [{ name: "f", parameters: deep }],
      [{ name: "f", parameters }],
    ]) {
      const chat = { ...chatOf("Hi"), tools };
      expect(boundOfChat(family, chat)).toBeGreaterThanOrEqual(family.countChat(chat));
    }
  });

  test("beside a picture are at most the bound, which is all that the model can read", () => {
    const parts = [{ kind: "opaque", what: "an image" } as const, TEXTS["Arabic"] ?? ""];
    expect(bound(family.model, parts)).toBeGreaterThanOrEqual(WINDOW);
  });
});

test("a text without a character that grows is bounded by its bytes and no more", () => {
  for (const one of [TEXTS["English prose"] ?? "", TEXTS["Russian"] ?? "", TEXTS["emoji"] ?? ""])
    expect(bound("o200k", [one]) - bound("o200k", [""])).toBeLessThanOrEqual(bytes(one) * 1.02);
});
