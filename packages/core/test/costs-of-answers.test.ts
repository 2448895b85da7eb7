import { createWflo, InvalidOptionError, usd, type PricedResponse, type Usage } from "@wflo/core";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { usageInReceipt, usageOfReceipt } from "../src/pricing/usage/usage-in-receipt.ts";

/** An answer as a provider gives it, without its content, and what it cost; the formula is how a person worked it out. */
interface RecordedAnswer {
  readonly name: string;
  readonly provider: string;
  readonly api: string;
  readonly model?: string;
  readonly at?: string;
  readonly body?: unknown;
  readonly events?: readonly unknown[];
  readonly kind: PricedResponse["kind"];
  readonly usd?: string;
  readonly formula?: string;
}

const answers = JSON.parse(
  readFileSync(new URL("fixtures/answers.json", import.meta.url), "utf8"),
) as readonly RecordedAnswer[];
const { pricing } = createWflo();

function costOf(answer: RecordedAnswer, by = pricing): PricedResponse {
  const { provider, api, model, at, body, events } = answer;
  return by.costOfResponse({
    provider,
    api,
    ...(model === undefined ? {} : { model }),
    ...(at === undefined ? {} : { at: new Date(at) }),
    ...(events === undefined ? { body } : { events }),
  });
}

describe("an answer costs what its provider bills, to the last digit", () => {
  test.each(answers.map((answer) => [answer.name, answer] as const))("%s", (_, answer) => {
    const cost = costOf(answer);
    expect([cost.kind, cost.usd]).toEqual([answer.kind, answer.usd]);
    const lines = (cost.receipt["lines"] ?? []) as readonly { readonly usd: string }[];
    const sum = lines.reduce((total, line) => total + picoUsd(line.usd), 0n);
    expect(sum).toBe(picoUsd(answer.usd ?? "0"));
  });

  test("the same whether its events come as values, as text, or one by one as text", () => {
    const streams = answers.filter(({ events }) => events !== undefined);
    expect(streams.length).toBeGreaterThan(20);
    for (const stream of streams) {
      const lines = (stream.events ?? []).map((event) => `data: ${JSON.stringify(event)}\n\n`);
      const { events: _, ...rest } = stream;
      const shapes = [
        { ...rest, body: `event: x\n${lines.join("")}data: [DONE]\n\n` },
        { ...rest, events: lines },
        { ...rest, events: lines.map((line) => ({ event: "x", data: line.slice(6) })) },
      ];
      for (const shape of shapes) {
        const cost = costOf(shape);
        expect([stream.name, cost.kind, cost.usd]).toEqual([stream.name, stream.kind, stream.usd]);
      }
    }
  });
});

/** A decimal text of dollars with up to 12 decimals. */
function picoUsd(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, "0"));
}

describe("by prices of the user's own", () => {
  const priced = answers.filter(
    ({ formula = "", provider, model, usd: amount }) =>
      model !== undefined &&
      /^[\d.]+ x [\d.]+\/1e6 \[[^\]]+\.input\]/.test(formula) &&
      amount !== undefined &&
      !/web_search|file_search|container|grounded|query|:flex|geo|iterations|advisor|x6/.test(formula) &&
      provider !== "perplexity",
  );

  test("an answer costs what they say, also where the price list has the model otherwise", () => {
    const checked: string[] = [];
    for (const answer of priced) {
      const { provider, model = "", formula = "" } = answer;
      const rates = ratesOf(formula);
      // A formula with one price twice, or of several models, cannot be turned into a price list.
      if (rates === undefined || answer.body === undefined) continue;
      const doubled = Object.fromEntries(
        Object.entries(rates).map(([meter, dollars]) => [meter, String(Number(dollars) * 2)]),
      );
      const own = createWflo({
        logger: false,
        prices: { [`${provider}/${model}`]: { input: "0", ...doubled } },
      });
      const cost = costOf(answer, own.pricing);
      expect([answer.name, cost.usd]).toEqual([answer.name, twice(answer.usd ?? "")]);
      checked.push(answer.name);
    }
    expect(checked.length).toBeGreaterThan(25);
  });
});

const METERS: Readonly<Record<string, string>> = {
  input: "input",
  output: "output",
  cache_read: "cachedInput",
  cache_write: "cacheWrite",
  input_audio: "inputAudio",
  output_audio: "outputAudio",
  input_image: "inputImage",
  output_image: "outputImage",
};

/** Prices by meter of a formula such as `16 x 0.1/1e6 [gpt-4.1-nano.input]`; undefined where a part of it is something else. */
function ratesOf(formula: string): Readonly<Record<string, string>> | undefined {
  const rates: Record<string, string> = {};
  for (const part of formula.split(" + ")) {
    const match = /^[\d.]+ x ([\d.]+)\/1e6 \[(?:[^\]]*\.)?([a-z_]+)\]$/.exec(part);
    const [, dollars = "", name = ""] = match ?? [];
    const meter = METERS[name];
    if (meter === undefined || rates[meter] !== undefined) return undefined;
    rates[meter] = dollars;
  }
  return rates;
}

function twice(amount: string): string {
  const pico = picoUsd(amount) * 2n;
  const digits = pico.toString().padStart(13, "0");
  const fraction = digits.slice(-12).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -12) : `${digits.slice(0, -12)}.${fraction}`;
}

describe("hostile answers", () => {
  const strange = fc.constantFrom<unknown>(
    -1,
    1.5,
    Number.NaN,
    1e300,
    "12",
    "",
    null,
    true,
    [],
    {},
    undefined,
  );

  test("are unknown or cost at least what they did; nothing throws, and a paid model is never free by mistake", () => {
    const paid = answers.filter(({ usd: amount, events }) => events === undefined && Number(amount) > 0);
    fc.assert(
      fc.property(fc.constantFrom(...paid), fc.nat(), strange, (answer, seed, value) => {
        const body = mutated(structuredClone(answer.body), seed, value);
        const cost = costOf({ ...answer, body });
        expect([answer.name, cost.kind === "known" && Number(cost.usd) === 0]).toEqual([answer.name, false]);
      }),
      { numRuns: 3_000 },
    );
  });

  test("whose fields throw cannot be read, whichever API they are said to be of", () => {
    const body = Object.defineProperty({ text: "" }, "usage", {
      enumerable: true,
      get() {
        throw new Error("not yet");
      },
    });
    for (const api of ["audio.transcriptions", "chat.completions"])
      expect(pricing.costOfResponse({ provider: "openai", api, model: "whisper-1", body }).kind).toBe(
        "unknown",
      );
  });

  test("made of anything at all are no known cost", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (body) => {
        const cost = pricing.costOfResponse({ provider: "openai", model: "gpt-4.1", body });
        expect(cost.kind === "known" && Number(cost.usd) > 0).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each<[string, object]>([
    ["no usage", { choices: [{ message: {} }] }],
    ["a usage of nothing", { choices: [{}], usage: { prompt_tokens: 0, completion_tokens: 0 } }],
    ["negative counts", { choices: [{}], usage: { prompt_tokens: -5, completion_tokens: 1 } }],
    ["fractions", { choices: [{}], usage: { prompt_tokens: 1.5, completion_tokens: 1 } }],
    [
      "more cached than read",
      {
        choices: [{}],
        usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 6 } },
      },
    ],
    [
      "parts that overlap",
      {
        choices: [{}],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 1,
          prompt_tokens_details: { cached_tokens: 8, audio_tokens: 8 },
        },
      },
    ],
  ])("with %s are unknown, with the reason in a sentence", (_, body) => {
    const cost = pricing.costOfResponse({ provider: "openai", model: "gpt-4.1", body });
    expect(cost).toMatchObject({ kind: "unknown", usd: undefined });
    expect((cost as { reason: string }).reason.length).toBeGreaterThan(10);
  });

  test("of two usages in a stream the larger is charged, once", () => {
    const chunk = (completion_tokens: number) => ({
      object: "chat.completion.chunk",
      model: "gpt-4.1",
      choices: [{ delta: {} }],
      usage: { prompt_tokens: 10, completion_tokens, total_tokens: 10 + completion_tokens },
    });
    const cost = (events: readonly unknown[]) => pricing.costOfResponse({ provider: "openai", events }).usd;
    expect(cost([chunk(5), chunk(100)])).toBe(cost([chunk(100), chunk(100)]));
    expect(cost([chunk(100), chunk(5)])).toBe(cost([chunk(100), chunk(100)]));
  });

  test("an error under HTTP 200 before any content costs nothing, after it nobody knows", () => {
    const error = { error: { message: "overloaded" } };
    const piece = {
      object: "chat.completion.chunk",
      model: "gpt-4.1",
      choices: [{ delta: { content: "a" } }],
    };
    const cost = (events: readonly unknown[]) => pricing.costOfResponse({ provider: "openai", events });
    expect(cost([error, error])).toMatchObject({ kind: "known", usd: "0" });
    expect(cost([piece, error])).toMatchObject({ kind: "unknown", usd: undefined });
  });

  test("after a time-out of a gateway the provider may still have worked", () => {
    const cost = (status: number) => pricing.costOfResponse({ provider: "openai", body: {}, status }).kind;
    expect([cost(429), cost(500), cost(504), cost(524)]).toEqual(["known", "known", "unknown", "unknown"]);
  });
});

/** A body with one of its leaves, by chance, set to a value. */
function mutated(body: unknown, seed: number, value: unknown): unknown {
  const leaves: (readonly [Record<string, unknown>, string])[] = [];
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (typeof child === "object" && child !== null) walk(child);
      else leaves.push([node as Record<string, unknown>, key]);
    }
  };
  walk(body);
  const leaf = leaves[seed % Math.max(1, leaves.length)];
  if (leaf) leaf[0][leaf[1]] = value;
  return body;
}

test("prices are exact where the ledger rounds: a receipt tells by how much", () => {
  const cost = pricing.costOfResponse({
    provider: "cohere",
    model: "command-r7b-12-2024",
    body: { usage: { billed_units: { input_tokens: 1, output_tokens: 9 } } },
  });
  expect(cost).toMatchObject({ kind: "known", usd: "0.0000013875", nanoUsd: 1_388n });
  expect(cost.receipt).toMatchObject({ totalUsd: "0.000001388", roundedUpUsd: "0.0000000005" });
  expect(usd("0.000001388").nanoUsd).toBe(1_388n);
});

test("a cost survives JSON, with its receipt", () => {
  const cost = pricing.cost({
    provider: "openai",
    model: "gpt-4.1",
    usage: { inputTokens: 1, outputTokens: 0 },
  });
  expect(JSON.parse(JSON.stringify(cost))).toEqual({ kind: "known", usd: "0.000002", receipt: cost.receipt });
});

test.each<[string, object]>([
  ["no provider", { body: {} }],
  ["a provider that is no name", { provider: 5, body: {} }],
  ["a model that is no name", { provider: "openai", model: 5, body: {} }],
  ["a day that is no date", { provider: "openai", at: "2026-08-01", body: {} }],
])("%s is an InvalidOptionError", (_, input) => {
  expect(() => pricing.costOfResponse(input as Parameters<typeof pricing.costOfResponse>[0])).toThrow(
    InvalidOptionError,
  );
});

describe("found by attacking it:", () => {
  const message = (usage: object, model: string, id = "m") => ({
    type: "message",
    id,
    stop_reason: "end_turn",
    content: [],
    model,
    usage,
  });
  const ask = (body: unknown, provider = "anthropic", model?: string) =>
    pricing.costOfResponse({ provider, body, ...(model ? { model } : {}) });
  const start = (usage: object, id = "m") => ({
    type: "message_start",
    message: { ...message(usage, "claude-sonnet-5", id), stop_reason: null },
  });
  const delta = (usage: object) => ({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage });
  const stop = { type: "message_stop" };

  test("a tool named like a method is a fee without a price", () => {
    const tools = { toString_requests: 1, constructor_requests: 1 };
    const cost = ask(
      message({ input_tokens: 1_000, output_tokens: 100, server_tool_use: tools }, "claude-sonnet-5"),
    );
    expect(cost).toMatchObject({ kind: "lowerBound", usd: "0.003", missing: ["toString", "constructor"] });
  });

  test("an answer of a model without a price is priced as the one that was asked, and says so, unless that is free", () => {
    const answer = message({ input_tokens: 100, output_tokens: 0 }, "my-proxy");
    const asked = ask(answer, "anthropic", "claude-haiku-4-5");
    expect(asked.receipt).toMatchObject({
      rateCard: { id: "anthropic/claude-haiku-4-5", matchedBy: "asked" },
    });
    const free = { model: "made/up", choices: [{}], usage: { prompt_tokens: 10, completion_tokens: 10 } };
    expect(ask(free, "openrouter", "openai/gpt-4.1:free").kind).toBe("unknown");
    const snapshot = message({ input_tokens: 100, output_tokens: 0 }, "claude-haiku-4-5-20271001");
    expect(ask(snapshot, "anthropic", "claude-haiku-4-5").usd).toBe("0.0001");
  });

  test("requests that are not told apart may each have been long, where the model reads so much", () => {
    const searched = (input_tokens: number, model: string) =>
      ask(message({ input_tokens, output_tokens: 0, server_tool_use: { web_search_requests: 1 } }, model));
    expect(searched(170_000, "claude-haiku-5-5")).toMatchObject({ kind: "lowerBound", usd: "0.027" });
    // None of them was longer than the 200,000 tokens that it reads.
    expect(searched(404_500, "claude-sonnet-4-5")).toMatchObject({ kind: "known", usd: "1.2235" });
  });

  test("steps of several lengths are each at the price of its own", () => {
    const steps = [...Array.from({ length: 9 }, () => 50_000), 101_000].map((inputTokens) => ({
      usage: { inputTokens, outputTokens: 0 },
    }));
    const usage = { inputTokens: 101_000, outputTokens: 0 };
    // 450,000 tokens at $0.10 and 101,000 at $0.50.
    expect(ask({ usage, steps, response: { modelId: "claude-haiku-5-5" } }).usd).toBe("0.0955");
  });

  test("the last event of a stream may tell less of the input, and the output all the same", () => {
    const cost = (...events: readonly object[]) =>
      pricing.costOfResponse({ provider: "anthropic", events }).usd;
    const told = [
      start({ input_tokens: 1_000, output_tokens: 1 }),
      delta({ input_tokens: 0, output_tokens: 500 }),
    ];
    expect(cost(...told, stop)).toBe("0.007");
    const cached = delta({ input_tokens: 10, cache_read_input_tokens: 4_990, output_tokens: 300 });
    expect(cost(start({ input_tokens: 5_000, output_tokens: 1 }), cached, stop)).toBe("0.004018");
  });

  test("several answers in one stream are all paid for", () => {
    const events = [1, 2, 3, 4, 5].flatMap((at) => [
      start({ input_tokens: 10, output_tokens: 1 }, `m${at}`),
      delta({ output_tokens: 10 }),
      stop,
    ]);
    expect(pricing.costOfResponse({ provider: "anthropic", events }).usd).toBe("0.0006");
    const chat = (id: string) => ({
      id,
      object: "chat.completion",
      model: "gpt-4.1",
      choices: [{ finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 10 },
    });
    expect(ask([chat("a"), chat("b")], "openai").usd).toBe("0.0002");
    expect(ask([chat("a"), chat("a")], "openai").usd).toBe("0.0001");
  });

  test.each<[string, string, object]>([
    [
      "Gemini",
      "google",
      {
        candidates: [{}],
        usageMetadata: { promptTokenCount: 10, totalTokenCount: 20 },
        modelVersion: "gemini-2.5-flash",
      },
    ],
    [
      "Grok, which tells usage with each chunk",
      "xai",
      {
        object: "chat.completion.chunk",
        model: "grok-4",
        choices: [{ delta: { content: "a" }, finish_reason: null }],
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      },
    ],
  ])("a stream of %s that broke off has no known price", (_, provider, chunk) => {
    expect(pricing.costOfResponse({ provider, events: [chunk, chunk] }).kind).toBe("unknown");
  });

  test("pictures that are not told apart from text are no text", () => {
    const usage = { promptTokenCount: 10, candidatesTokenCount: 1_290, totalTokenCount: 1_300 };
    const body = { candidates: [{}], modelVersion: "gemini-2.5-flash-image", usageMetadata: usage };
    expect(ask(body, "google")).toMatchObject({ kind: "lowerBound" });
  });

  test("an alias and a dated name are one model; a place holds for the work of others too", () => {
    const iteration = { type: "message", model: "claude-opus-5", input_tokens: 1_000, output_tokens: 100 };
    const usage = { input_tokens: 1_000, output_tokens: 100, iterations: [iteration] };
    expect(ask(message(usage, "claude-opus-5-20260724")).usd).toBe("0.0075");
    const advice = {
      type: "advisor_message",
      model: "claude-haiku-4-5",
      input_tokens: 1_000,
      output_tokens: 0,
    };
    const advised = { ...usage, inference_geo: "us", iterations: [iteration, advice] };
    // $0.0075 and $0.001, both at 1.1 times.
    expect(ask(message(advised, "claude-opus-5")).usd).toBe("0.00935");
  });

  test("what a gateway says that it took counts, though the price is that of the maker", () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100, cost: 0.5 };
    expect(ask({ model: "openai/gpt-5", choices: [{}], usage }, "vercel").usd).toBe("0.5");
  });

  test("what costs nothing is a variant of a model that there is", () => {
    const usage = { prompt_tokens: 10, completion_tokens: 10 };
    expect(ask({ model: "made/up:free", choices: [{}], usage }, "openrouter").kind).toBe("unknown");
    expect(ask({ model: "openai/gpt-4.1:free", choices: [{}], usage }, "openrouter").usd).toBe("0");
  });

  test("steps that are long stay apart beside those of another model, and in a receipt", () => {
    const step = (modelId: string, inputTokens: number) => ({
      usage: { inputTokens, outputTokens: 0 },
      response: { modelId },
    });
    const steps = [...Array.from({ length: 3 }, () => step("gpt-4.1", 150_000)), step("gpt-4.1-mini", 10)];
    const cost = ask(
      { usage: { inputTokens: 10, outputTokens: 0 }, steps, response: { modelId: "gpt-4.1" } },
      "openai",
    );
    // 450,000 tokens at $2 and 10 at $0.40 a million.
    expect(cost.usd).toBe("0.900004");
    const kept = usageOfReceipt({ ...usageInReceipt(cost.usage) });
    expect(pricing.cost({ provider: "openai", model: "gpt-4.1", usage: kept as Usage }).usd).toBe("0.900004");
  });

  test("a speed holds for each of long iterations", () => {
    const iterations = [180_000, 23_000].map((input_tokens) => ({
      type: "message",
      input_tokens,
      output_tokens: 0,
    }));
    const usage = { input_tokens: 203_000, output_tokens: 0, speed: "fast", iterations };
    // 203,000 tokens at twice $5 a million.
    expect(ask(message(usage, "claude-opus-5")).usd).toBe("2.03");
  });

  test("what a router took for each of several requests adds up", () => {
    const usage = { prompt_tokens: 10, completion_tokens: 1, cost: 0.5 };
    const chat = (id: string) => ({
      id,
      object: "chat.completion",
      model: "openai/gpt-4.1",
      choices: [{}],
      usage,
    });
    expect(ask([chat("a"), chat("b")], "openrouter").usd).toBe("1");
  });

  test("answers of one stream are each at the tier that served them", () => {
    const answer = (id: string, service_tier: string) => ({
      type: "response.completed",
      response: {
        id,
        object: "response",
        status: "completed",
        model: "gpt-4.1",
        service_tier,
        output: [],
        usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 },
      },
    });
    const cost = (...events: readonly object[]) => pricing.costOfResponse({ provider: "openai", events }).usd;
    // $0.0028 at the list price, 1.75 times that with priority.
    expect(cost(answer("a", "priority"), answer("b", "default"))).toBe("0.0077");
    expect(cost(answer("a", "default"), answer("b", "priority"))).toBe("0.0077");
    const failed = { type: "response.failed", response: { id: "b", status: "failed", error: {} } };
    expect(cost(answer("a", "default"), failed)).toBe("0.0028");
  });

  test("a chat is over with [DONE], or with usage that no choice comes with", () => {
    const chunk = (rest: object) => ({ object: "chat.completion.chunk", model: "gpt-4.1", ...rest });
    const usage = { prompt_tokens: 10, completion_tokens: 10 };
    const piece = chunk({ choices: [{ delta: { content: "a" }, finish_reason: null }], usage });
    const cost = (events: string | readonly object[]) =>
      pricing.costOfResponse({ provider: "openai", events }).usd;
    expect(cost([piece, piece])).toBeUndefined();
    expect(cost(`data: ${JSON.stringify(piece)}\n\n`.repeat(2) + "data: [DONE]\n\n")).toBe("0.0001");
    expect(cost([chunk({ choices: [{ delta: {}, finish_reason: null }] }), chunk({ usage })])).toBe("0.0001");
  });

  test("a message that broke off before its retry is not known whole", () => {
    const events = [
      start({ input_tokens: 1_000, output_tokens: 1 }, "m1"),
      start({ input_tokens: 1_000, output_tokens: 1 }, "m2"),
      delta({ output_tokens: 100 }),
      stop,
    ];
    expect(pricing.costOfResponse({ provider: "anthropic", events })).toMatchObject({ kind: "lowerBound" });
  });

  test("text of a model that also speaks is text where that is told", () => {
    const raw = { prompt_tokens: 10, completion_tokens: 10, completion_tokens_details: { audio_tokens: 0 } };
    const body = {
      usage: { inputTokens: 10, outputTokens: 10, raw },
      response: { modelId: "gpt-4o-audio-preview" },
    };
    expect(ask(body, "openai").kind).toBe("known");
    const told = {
      usage_metadata: { input_tokens: 10, output_tokens: 10, output_token_details: { audio: 0 } },
    };
    const about = { response_metadata: { model_name: "gpt-4o-audio-preview" } };
    expect(ask({ ...told, ...about }, "openai").kind).toBe("known");
  });
});
