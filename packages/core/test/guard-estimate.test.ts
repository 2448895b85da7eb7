import { InvalidOptionError, UnboundedRequestError, type GuardRequest } from "@wflo/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Anchors } from "../src/guard/anchors.ts";
import { estimate } from "../src/guard/estimate.ts";
import { createCatalogue } from "../src/pricing/rates/catalogue.ts";
import { widestJson } from "../src/guard/widest-json.ts";
import { bounds, CONTEXT_WINDOW, OVERHEAD, sized, took } from "./support/bounds.ts";

const SYSTEM = sized(4_000, "s");
const FIRST = sized(1_000, "1");
const SECOND = sized(500, "2");
const chat = [SYSTEM, FIRST];

/** A client that has seen `chat` answered, with 1,200 input tokens. */
async function learned(more: Partial<GuardRequest> = {}) {
  const client = bounds();
  await client.of({ parts: chat, ...more }, took(1_200, 50), { answerId: "answer-1" });
  return client;
}

const byBytes = (...parts: readonly string[]) => parts.join("").length + OVERHEAD;

describe("the bound of a request that begins with an answered one", () => {
  test("is that answer's input tokens and the bytes of the rest", async () => {
    const { of } = await learned();
    expect(await of({ parts: [...chat, SECOND] })).toBe(1_200 + byBytes(SECOND));
    expect(await of({ parts: chat })).toBe(1_200 + OVERHEAD);
  });

  test("takes the longest beginning that was answered, in each fork of a conversation", async () => {
    const { of } = await learned();
    const left = [...chat, sized(300, "l")];
    const right = [...chat, sized(300, "r")];
    await of({ parts: left }, took(1_300));
    await of({ parts: right }, took(1_310));
    expect(await of({ parts: [...left, SECOND] })).toBe(1_300 + byBytes(SECOND));
    expect(await of({ parts: [...right, SECOND] })).toBe(1_310 + byBytes(SECOND));
    expect(await of({ parts: [...chat, SECOND] })).toBe(1_200 + byBytes(SECOND));
  });

  test("knows a text however it is written down", async () => {
    const { of } = await learned();
    expect(await of({ parts: chat.map((text) => ({ kind: "text" as const, text })) })).toBe(1_200 + OVERHEAD);
  });

  const letters = (parts: readonly string[]) => [...parts.join("")].length;
  test.each<[string, Partial<GuardRequest>]>([
    ["the system text is another", { parts: [`${SYSTEM}!`, FIRST] }],
    ["a message in its middle was edited", { parts: [SYSTEM, `${FIRST.slice(0, -1)}!`, SECOND] }],
    ["messages changed places", { parts: [FIRST, SYSTEM] }],
    ["a message was taken out", { parts: [FIRST] }],
    ["two messages were joined", { parts: [SYSTEM + FIRST] }],
    ["the border between two messages moved", { parts: [SYSTEM + FIRST.slice(0, 1), FIRST.slice(1)] }],
    ["it has tools", { parts: chat, tools: [] }],
    ["the model is another", { parts: chat, model: "other" }],
    ["the provider is another", { parts: chat, provider: "umbrella" }],
  ])("is by bytes when %s", async (_, request) => {
    const { of } = await learned();
    const tools = request.tools === undefined ? "" : widestJson(request.tools);
    expect(await of(request)).toBe(letters([...(request.parts as string[]), tools ?? ""]) + OVERHEAD);
  });

  test("counts tools once, and is by bytes when they change", async () => {
    const tools = [{ name: "search", description: sized(2_000) }];
    const { of } = await learned({ tools });
    expect(await of({ parts: [...chat, SECOND], tools })).toBe(1_200 + byBytes(SECOND));
    const others = [{ ...tools[0], name: "browse" }];
    expect(await of({ parts: chat, tools: others })).toBe(byBytes(...chat, widestJson(others) ?? ""));
  });

  test("is above the bound by bytes where somebody adds to the request, such as a prompt of the provider's own", async () => {
    const { of } = bounds();
    await of({ parts: chat }, took(90_000));
    expect(await of({ parts: [...chat, SECOND] })).toBe(90_000 + byBytes(SECOND));
  });

  test("does not believe in more than the model can read", async () => {
    const { of } = bounds();
    await of({ parts: chat }, took(9_000_000));
    expect(await of({ parts: [...chat, SECOND] })).toBe(byBytes(...chat, SECOND));
  });

  test("takes the rates of the size that it is", async () => {
    const { wflo } = bounds();
    const told: string[] = [];
    wflo.on("call-start", ({ bound }) => void told.push(bound));
    const request = {
      provider: "google",
      model: "gemini-2.5-pro",
      parts: [sized(300_000)],
      maxOutputTokens: 1,
    };
    const ask = () =>
      wflo.guardCall(request, async () => ({
        value: 0,
        outcome: { kind: "answered", usage: took(100_000) },
      }));
    await ask();
    await ask();
    // 300,512 tokens at $2.50, above 200,000; then 100,512 at $1.25. One token of output at $15 and at $10.
    expect(told).toEqual(["0.751295", "0.12565"]);
  });

  test("allows for what providers add to each of many messages", async () => {
    const { of } = bounds();
    const many = Array.from({ length: 1_000 }, () => "a");
    expect(await of({ parts: many })).toBe(1_000 + OVERHEAD + 8 * (1_000 - 32));
    await of({ parts: many }, took(5_000));
    expect(await of({ parts: [...many, "b"] })).toBe(5_000 + 1 + OVERHEAD);
  });
});

describe("what bytes do not bound", () => {
  const image = (key?: string) => ({ kind: "opaque" as const, what: "an image", key });

  test("is bounded by the context window until an answer had it", async () => {
    const { of } = bounds();
    const parts = [SYSTEM, image("bytes of a cat"), FIRST];
    expect(await of({ parts }, took(2_000))).toBe(CONTEXT_WINDOW + OVERHEAD);
    expect(await of({ parts: [...parts, SECOND] })).toBe(2_000 + byBytes(SECOND));
    expect(await of({ parts: [...parts, image("bytes of a dog")] })).toBe(CONTEXT_WINDOW + OVERHEAD);
    expect(await of({ parts: [SYSTEM, image("bytes of a dog"), FIRST] })).toBe(CONTEXT_WINDOW + OVERHEAD);
  });

  test("teaches nothing without a key, since its content may change", async () => {
    const { of } = await learned();
    const parts = [...chat, image(), SECOND];
    await of({ parts }, took(2_000));
    expect(await of({ parts })).toBe(CONTEXT_WINDOW + OVERHEAD);
    expect(await of({ parts: chat })).toBe(1_200 + OVERHEAD);
  });

  test("is told apart from a text that reads the same", async () => {
    const { of } = bounds();
    await of({ parts: [SYSTEM, image("k")] }, took(2_000));
    expect(await of({ parts: [SYSTEM, "an image", "k"] })).toBe(byBytes(SYSTEM, "an image", "k"));
  });

  test("has no bound where the context window is not known, until an answer tells", async () => {
    const { wflo, of } = bounds();
    await wflo.budgets.set({ id: "b", caps: { total: "10" } });
    const asked = { model: "unsized", parts: [SYSTEM, image("bytes of a cat")] };
    const refused = of({ ...asked, budgets: ["b"] });
    await expect(refused).rejects.toThrow(UnboundedRequestError);
    await expect(refused).rejects.toThrow("it has an image, and the context window");
    await of(asked, took(2_000));
    expect(await of({ ...asked, budgets: ["b"] })).toBe(2_000 + OVERHEAD);
  });
});

describe("a request that follows an answer", () => {
  test("is bounded by that answer with all before it, and by its own bytes", async () => {
    const { of } = await learned();
    expect(
      await of({ parts: [SECOND], follows: "answer-1" }, took(1_390, 10), { answerId: "answer-2" }),
    ).toBe(1_200 + 50 + byBytes(SECOND));
    expect(await of({ parts: [FIRST], follows: "answer-2", tools: ["t"] })).toBe(
      1_390 + 10 + byBytes(FIRST, '[\n "t"\n]'),
    );
  });

  test.each<[string, Partial<GuardRequest>]>([
    ["was not seen", { follows: "answer-9" }],
    ["came from another model", { follows: "answer-1", model: "other" }],
    ["came from another provider", { follows: "answer-1", provider: "umbrella" }],
  ])("is bounded by the context window when the answer %s", async (_, request) => {
    const { of } = await learned();
    expect(await of({ parts: [SECOND], ...request })).toBe(CONTEXT_WINDOW + OVERHEAD);
  });

  test("is no beginning of one that follows another answer, or none", async () => {
    const { of } = await learned();
    await of({ parts: [SECOND], follows: "answer-1" }, took(1_390));
    expect(await of({ parts: [SECOND, FIRST], follows: "answer-1" })).toBe(1_390 + byBytes(FIRST));
    expect(await of({ parts: [SECOND, FIRST] })).toBe(byBytes(SECOND, FIRST));
    expect(await of({ parts: [SECOND, FIRST], follows: "answer-9" })).toBe(CONTEXT_WINDOW + OVERHEAD);
  });

  test("is refused where neither that answer nor the context window is known", async () => {
    const { wflo, of } = bounds();
    await wflo.budgets.set({ id: "b", caps: { total: "10" } });
    const asked = { model: "unsized", parts: [SECOND], follows: "answer-9", budgets: ["b"] };
    await expect(of(asked)).rejects.toThrow("an answer to go on from that this process has not seen");
    await of({ model: "unsized", parts: chat }, took(1_200, 50), { answerId: "answer-9" });
    expect(await of(asked)).toBe(1_250 + byBytes(SECOND));
  });
});

describe("an estimate", () => {
  const of = (request: Partial<GuardRequest>) =>
    estimate(
      { provider: "openai", model: "gpt-4.1", parts: ["hello"], ...request },
      { catalogue: createCatalogue(), anchors: new Anchors(), wantOutputTokens: 8_192 },
    );

  test("tells what its input and some output cost, whether or not the output can be capped", () => {
    for (const request of [{}, { maxOutputTokens: 10 }, { canCap: false }, { outputs: 3 }]) {
      const { method, inputTokens, costOfOutput } = of(request);
      expect({ method, inputTokens }).toEqual({ method: "bytes", inputTokens: 5 + OVERHEAD });
      // 517 tokens at $2 a million, 1,000 at $8.
      expect([costOfOutput(0), costOfOutput(1_000)]).toEqual([1_034_000n, 9_034_000n]);
      expect([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map(costOfOutput)).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test("takes no output for free that the user gave no price", () => {
    const catalogue = createCatalogue({ "acme/m": { input: "2" }, "acme/free": { input: "2", output: "0" } });
    const means = { catalogue, anchors: new Anchors(), wantOutputTokens: 4_096 };
    const of = (request: Partial<GuardRequest>) =>
      estimate({ provider: "acme", model: "m", parts: ["hello"], ...request }, means).boundNanoUsd;
    for (const request of [{}, { maxOutputTokens: 100 }, { maxOutputTokens: 100, canCap: false }])
      expect(() => of(request)).toThrow(/acme\/m is unknown: your price has no output;.*output: "4.00"/);
    expect(of({ canCap: false })).toBeGreaterThan(0n);
    expect(of({ model: "free" })).toBeGreaterThan(0n);
  });

  test.each<[string, Partial<GuardRequest>]>([
    [
      "a message",
      { parts: [JSON.stringify({ text: "hello", cache_control: { type: "ephemeral", ttl: "1h" } })] },
    ],
    ["a tool among settings", { parts: [widestJson([{ cache_control: { ttl: "1h" } }]) ?? ""] }],
    ["an image", { parts: [{ kind: "opaque", what: "an image", key: '{"cache_control":{"ttl":"1h"}}' }] }],
    ["a tool", { tools: [{ name: "t", cache_control: { type: "ephemeral", ttl: "1h" } }] }],
    ["the caller's word", { cachesForAnHour: true }],
  ])("holds the price of a cache for an hour where %s asks for one", (_, request) => {
    const claude = { provider: "anthropic", model: "claude-opus-5" };
    const perToken = (asked: Partial<GuardRequest>) => {
      const { costOfOutput, inputTokens = 0 } = of({ ...claude, ...asked });
      return Number(costOfOutput(0)) / inputTokens;
    };
    // $10 a million tokens in place of $6.25.
    expect(perToken(request)).toBe(10_000);
    expect(perToken({ ...request, cachesForAnHour: false })).toBe(6_250);
  });

  test("has no bound where a model is billed for what it searches and thinks at its own will, unless it is held by hand", () => {
    const research = { provider: "perplexity", model: "sonar-deep-research", maxOutputTokens: 100 };
    expect(() => of(research)).toThrow(UnboundedRequestError);
    expect(() => of(research)).toThrow(/searches, cites and thinks.*Set the option hold/);
    expect(of({ ...research, hold: "2.00" }).boundNanoUsd).toBe(2_000_000_000n);
  });

  test("held by hand still tells what came of an answer that breaks off, unless nothing bounds it", () => {
    const { method, costOfOutput } = of({ hold: "1.00" });
    expect([method, costOfOutput(1)]).toEqual(["fixed", of({}).costOfOutput(1)]);
    const parts = [{ kind: "unbounded", what: "a web search" }] as const;
    expect(of({ hold: "1.00", parts }).costOfOutput(1)).toBeUndefined();
  });

  test("held by hand teaches nothing, asked or not what came of an answer", () => {
    const means = { catalogue: createCatalogue(), anchors: new Anchors(), wantOutputTokens: 8_192 };
    const request = { provider: "openai", model: "gpt-4.1", parts: [SYSTEM], hold: "1.00" };
    estimate(request, means).costOfOutput(1);
    means.anchors.note(request, { kind: "answered", usage: took(1_000), answerId: "answer-1" });
    expect(means.anchors.size).toBe(0);
  });

  test.each([{ price: "1.00" }, { record: true }])("is fixed with %o", (fixed) => {
    const { method, inputTokens, costOfOutput } = of(fixed);
    expect({ method, inputTokens, cost: costOfOutput(1) }).toEqual({ method: "fixed" });
  });
});

test.each<[string, Partial<GuardRequest>]>([
  ["follows", { follows: "" }],
  ["follows", { follows: 7 as unknown as string }],
  ["onCut", { onCut: "stop" as "error" }],
  ["opaque part", { parts: [{ kind: "opaque", what: "an image", key: 7 as unknown as string }] }],
  ["part of a request", { parts: [{ kind: "text" } as unknown as string] }],
  ["part of a request", { parts: [{ kind: "other", what: "it" } as unknown as string] }],
  ["part of a request", { parts: [null as unknown as string] }],
])("a wrong %s is refused with a sentence", async (name, wrong) => {
  const refused = bounds().of(wrong);
  await expect(refused).rejects.toThrow(InvalidOptionError);
  await expect(refused).rejects.toThrow(name);
});

const bytesOf = (text: string) => new TextEncoder().encode(text).length;
/** Of each character by itself, in the longer of its two forms. */
const mostBytes = (text: string) =>
  [...text].reduce((sum, one) => sum + Math.max(bytesOf(one), bytesOf(one.normalize("NFKC"))), 0);

/** A tokenizer that cuts each text by itself into 1 to 8 bytes a token, and adds 4 a message and 3 a request. */
function trueTokens(parts: readonly string[], tools: string): number {
  const count = (text: string) => Math.ceil(bytesOf(text) / (1 + (bytesOf(text) % 8)));
  return parts.reduce((sum, text) => sum + count(text) + 4, 3) + count(tools);
}

const message = fc.string({ maxLength: 300, unit: "binary" });
const move = fc.oneof(
  fc.record({ do: fc.constant("say" as const), text: message }),
  fc.record({ do: fc.constant("say" as const), text: message }),
  fc.record({ do: fc.constant("edit" as const), at: fc.nat(20), text: message }),
  fc.record({ do: fc.constant("swap" as const), at: fc.nat(20) }),
  fc.record({ do: fc.constant("forget" as const), keep: fc.nat(20) }),
  fc.record({ do: fc.constant("equip" as const), tool: message }),
);

test("is never below the tokens of any conversation, nor above its bytes, and as near as the last answer to what it began with", async () => {
  const walk = fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
    const { of, wflo } = bounds();
    let parts: string[] = [];
    let tool = "";
    const answered = new Map<string, number>();
    for (const one of moves) {
      if (one.do === "say") parts = [...parts, one.text];
      if (one.do === "edit") parts = parts.map((text, at) => (at === one.at ? one.text : text));
      if (one.do === "swap") parts = [...parts.slice(one.at + 1), ...parts.slice(0, one.at + 1)];
      if (one.do === "forget") parts = parts.slice(0, one.keep);
      if (one.do === "equip") tool = one.tool;
      if (parts.length === 0) continue;
      const json = `[\n ${JSON.stringify(tool)}\n]`;
      const actual = trueTokens(parts, json);
      const bound = await of({ parts, tools: [tool] }, took(actual));
      const size = (texts: readonly string[], count: number) =>
        mostBytes(texts.join("")) + OVERHEAD + 8 * Math.max(0, count - 32);
      const known = parts
        .map((__, at) => parts.slice(0, parts.length - at))
        .find((beginning) => answered.has(JSON.stringify([json, beginning])));
      const rest = parts.slice(known?.length);
      const learnt = (answered.get(JSON.stringify([json, known])) ?? 0) + size(rest, rest.length);
      expect(bound).toBeGreaterThanOrEqual(actual);
      expect(bound).toBe(Math.min(size([json, ...parts], parts.length), known ? learnt : Infinity));
      answered.set(JSON.stringify([json, parts]), actual);
    }
    await wflo.close();
  });
  await fc.assert(walk, { numRuns: 150 });
});
