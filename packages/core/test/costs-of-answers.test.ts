import { createWflo, usd, type PricedResponse } from "@wflo/core";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

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
