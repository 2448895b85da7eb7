import type { LanguageModelV4, LanguageModelV4Usage } from "@ai-sdk/provider";
import { createOpenAI } from "@ai-sdk/openai";
import { meter, UnmeterableCallError, wfloMiddleware } from "@wflo/ai-sdk";
import { InvalidOptionError, MissingUsageError, NoClientError, type LedgerLine } from "@wflo/core";
import {
  embed,
  experimental_generateVideo as generateVideo,
  generateImage,
  generateSpeech,
  generateText,
  rerank,
  streamText,
  transcribe,
  wrapLanguageModel,
} from "ai";
import { MockLanguageModelV3, MockLanguageModelV4, MockRerankingModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, settled, simulate, windowOf } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
const COST = "0.000026";

/** What a model of the current specification answers in the tests. */
function answerOf(usage: unknown) {
  return {
    content: [{ type: "text" as const, text: "Hi." }],
    finishReason: { unified: "stop" as const, raw: "stop" },
    usage: usage as LanguageModelV4Usage,
    warnings: [],
  };
}

const USAGE = {
  inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 40, text: 40, reasoning: 0 },
};

test("models of the specifications v2 and v3 are lifted, and charged as they report", async () => {
  const { wflo } = await newWflo();
  const flat = { inputTokens: 100, outputTokens: 40, totalTokens: 140 };
  const about = { provider: "openai.chat", modelId: MODEL };
  const v2 = meter(
    {
      ...about,
      specificationVersion: "v2" as const,
      supportedUrls: {},
      doGenerate: async () => ({
        content: [{ type: "text" as const, text: "Hi." }],
        finishReason: "stop" as const,
        usage: flat,
        warnings: [],
      }),
      doStream: async () => {
        throw new Error("It does not stream.");
      },
    },
    { wflo, budgets: ["user"] },
  );
  const v3 = meter(new MockLanguageModelV3({ ...about, doGenerate: answerOf(USAGE) as never }), {
    wflo,
    budgets: ["user"],
  });
  for (const model of [v2, v3]) {
    expect(model.specificationVersion).toBe("v4");
    expect((await generateText({ model, prompt: "Hi" })).text).toBe("Hi.");
  }
  expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual([COST, COST]);
});

test("a metered model of the current specification is an instance of its class, with all that it has", () => {
  const model = new MockLanguageModelV4({ provider: "openai.chat", modelId: MODEL });
  const metered = meter(model);
  expect(metered).toBeInstanceOf(MockLanguageModelV4);
  expect(metered.modelId).toBe(MODEL);
  expect(metered.doGenerateCalls).toBe(model.doGenerateCalls);
});

test.each([
  ["undefined counts", { inputTokens: {}, outputTokens: {} }],
  ["no usage at all", undefined],
  ["NaN", { inputTokens: { total: Number.NaN }, outputTokens: { total: Number.NaN } }],
  ["a negative count", { inputTokens: { total: -1 }, outputTokens: { total: 40 } }],
])(
  "an answer with %s is charged at its hold, never at nothing, and the next call is refused",
  async (_, usage) => {
    const { wflo, warned } = await newWflo();
    const plain = new MockLanguageModelV4({
      provider: "openai.chat",
      modelId: MODEL,
      doGenerate: answerOf(usage),
    });
    const model = meter(plain, { wflo, budgets: ["user"] });
    const { providerMetadata } = await generateText({ model, prompt: "Hi", maxOutputTokens: 100 });
    const [line] = await lines(wflo, 1);
    expect(line).toMatchObject({ kind: "unmeasured", charged: line?.held });
    expect(Number(line?.charged)).toBeGreaterThan(0);
    expect(providerMetadata?.["wflo"]).toMatchObject({ costKind: "unknown", cost: line?.held });
    expect(warned).toHaveLength(1);
    expect(await settled(generateText({ model, prompt: "Hi" }))).toBeInstanceOf(MissingUsageError);
  },
);

test("a model of a version that nobody knows is refused when it is metered, with a sentence", () => {
  const strange = { specificationVersion: "v9", provider: "acme", modelId: "m", supportedUrls: {} };
  expect(() => meter(strange)).toThrow(InvalidOptionError);
  expect(() => meter(strange)).toThrow("v2, v3 and v4 of the AI SDK; m of acme is v9");
  for (const nothing of [{}, null, 3, "", () => {}])
    expect(() => meter(nothing as object)).toThrow(InvalidOptionError);
});

test("without a client, a budget or a run around it, a call is refused with what to do", async () => {
  const model = meter(new MockLanguageModelV4({ doGenerate: answerOf(USAGE) }));
  expect(await settled(generateText({ model, prompt: "Hi" }))).toBeInstanceOf(NoClientError);
});

test("a provider stays callable, keeps what it has, and every model of it is metered, whichever way it is made", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const openai = openaiOf(simulator);
  const metered = meter(openai, { wflo, budgets: ["user"] });
  expect(metered.tools).toBe(openai.tools);
  expect(metered.specificationVersion).toBe("v4");
  const models = [
    metered(MODEL),
    metered.chat(MODEL),
    metered.responses(MODEL),
    metered.languageModel(MODEL),
  ];
  for (const model of models) await generateText({ model, prompt: "Hi" });
  expect((await lines(wflo, 4)).map(({ charged }) => charged)).toEqual([COST, COST, COST, COST]);
});

test("string ids are models of the global provider", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const global = globalThis as { AI_SDK_DEFAULT_PROVIDER?: unknown };
  const before = global.AI_SDK_DEFAULT_PROVIDER;
  try {
    // One model by its id, …
    global.AI_SDK_DEFAULT_PROVIDER = openaiOf(simulator);
    await generateText({ model: meter(MODEL, { wflo, budgets: ["user"] }), prompt: "Hi" });
    // …or all of the process.
    global.AI_SDK_DEFAULT_PROVIDER = meter(openaiOf(simulator), { wflo, budgets: ["user"] });
    await generateText({ model: MODEL, prompt: "Hi" });
  } finally {
    global.AI_SDK_DEFAULT_PROVIDER = before;
  }
  expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual([COST, COST]);
});

test("a model of a gateway has the prices of the provider that its id begins with", async () => {
  const { wflo } = await newWflo();
  const plain = new MockLanguageModelV4({
    provider: "gateway",
    modelId: `openai/${MODEL}`,
    doGenerate: answerOf(USAGE),
  });
  await generateText({ model: meter(plain, { wflo, budgets: ["user"] }), prompt: "Hi" });
  expect((await lines(wflo, 1))[0]).toMatchObject({ provider: "openai", model: MODEL, charged: COST });
});

test("embeddings, images, speech and transcriptions are held for and charged by what they use", async () => {
  const { wflo } = await newWflo("100.00");
  const simulator = await simulate([{}]);
  const openai = meter(openaiOf(simulator), { wflo, budgets: ["user"] });
  await embed({ model: openai.embedding("text-embedding-3-small"), value: "A text." });
  const drawn = await generateImage({
    model: openai.image("gpt-image-1"),
    prompt: "A bee.",
    size: "1024x1024",
    providerOptions: { openai: { quality: "low" } },
  });
  const { images: told } = drawn.providerMetadata["wflo"] as { images: { cost: string }[] };
  await generateSpeech({ model: openai.speech("tts-1"), text: "Twelve chars", voice: "alloy" });
  await transcribe({ model: openai.transcription("whisper-1"), audio: new Uint8Array(32_000) });
  await transcribe({ model: openai.transcription("gpt-4o-mini-transcribe"), audio: new Uint8Array(32_000) });
  const made = await lines(wflo, 5);
  expect(made.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "settle"));
  const isPaid = ({ charged, held }: LedgerLine) => Number(charged) > 0 && Number(charged) <= Number(held);
  expect(made.filter((line) => !isPaid(line))).toEqual([]);
  const costs = Object.fromEntries(made.map(({ model, charged }) => [model, charged]));
  // $15 a million characters; $0.006 a minute.
  expect(told.map(({ cost }) => cost)).toEqual([costs["gpt-image-1"]]);
  expect(costs).toMatchObject({ "tts-1": "0.00018", "whisper-1": "0.0002" });
  expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
});

test("a model without a price is refused under a budget, and charged at what is held by hand", async () => {
  const { wflo } = await newWflo();
  const plain = new MockRerankingModelV4({
    doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 1 }] }),
  });
  const call = { documents: ["a", "b"], query: "?" };
  const refused = await settled(rerank({ ...call, model: meter(plain, { wflo, budgets: ["user"] }) }));
  expect((refused as { code?: string }).code).toBe("WFLO_UNKNOWN_PRICE");
  await rerank({ ...call, model: meter(plain, { wflo, budgets: ["user"], hold: "0.002" }) });
  await rerank({ ...call, model: meter(plain, { wflo, budgets: ["user"], hold: "0.002" }) });
  expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual(["0.002", "0.002"]);
});

test("a video, whose price nobody knows, is refused under a budget and charged at what is held by hand, made at once or begun", async () => {
  const { wflo } = await newWflo();
  const response = { timestamp: new Date(), modelId: "v", headers: undefined };
  const about = { specificationVersion: "v4" as const, provider: "acme", modelId: "v", maxVideosPerCall: 1 };
  const videos = [{ type: "base64" as const, data: "AAAA", mediaType: "video/mp4" }];
  const plain = { ...about, doGenerate: async () => ({ videos, warnings: [], response }) };
  const slow = {
    ...about,
    doStart: async ({ prompt }: { prompt?: string }) => ({ operation: prompt ?? "", warnings: [], response }),
    doStatus: async () => ({ status: "completed" as const, videos, warnings: [], response }),
  };
  const refused = settled(
    generateVideo({ model: meter(plain, { wflo, budgets: ["user"] }), prompt: "Bees." }),
  );
  expect((await refused) as object).toMatchObject({ code: "WFLO_UNKNOWN_PRICE" });
  const held = { wflo, budgets: ["user"], hold: "0.05" };
  const { video } = await generateVideo({ model: meter(plain, held), prompt: "Bees." });
  expect(video.mediaType).toBe("video/mp4");
  await meter(slow, held).doStart({ prompt: "Bees." });
  await meter(slow, held).doStatus();
  expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual(["0.05", "0.05"]);
  await expect(meter(slow, { wflo, budgets: ["user"] }).doStart({})).rejects.toThrow(
    "wflo cannot count doStart of v",
  );
});

test("what no call can count is refused before it is used, unless it is held by hand", async () => {
  const { wflo } = await newWflo();
  const openai = meter(createOpenAI({ apiKey: "sk-none" }), { wflo, budgets: ["user"] });
  expect(() => openai.experimental_realtime("gpt-realtime")).toThrow(UnmeterableCallError);
  const batch = openai.experimental_batch() as unknown as { doStartBatch(options: object): Promise<unknown> };
  await expect(batch.doStartBatch({ requests: [] })).rejects.toThrow(UnmeterableCallError);
});

test("work of the provider that nothing bounds is refused with what to set, and held by hand", async () => {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const openai = openaiOf(simulator);
  const tools = { search: openai.tools.webSearch({}) };
  const refused = meter(openai.responses(MODEL), { wflo, budgets: ["user"] });
  const error = (await settled(generateText({ model: refused, prompt: "Hi", tools }))) as Error & {
    code: string;
  };
  expect(error.code).toBe("WFLO_UNBOUNDED_REQUEST");
  expect(error.message).toContain("openai.web_search");
  await generateText({
    model: meter(openai.responses(MODEL), { wflo, budgets: ["user"], hold: "0.10" }),
    prompt: "Hi",
    tools,
  });
  expect((await lines(wflo, 1))[0]).toMatchObject({ held: "0.10" });
});

test("two layers of wflo on one model are one charge and one warning, in whatever way they are put on", async () => {
  const { wflo, warned } = await newWflo();
  const simulator = await simulate([ANSWER]);
  const plain = openaiOf(simulator).chat(MODEL);
  const options = { wflo, budgets: ["user"] };
  const log = {
    specificationVersion: "v4" as const,
    wrapGenerate: async ({ doGenerate }: { doGenerate: () => PromiseLike<never> }) => doGenerate(),
  };
  const both = [wfloMiddleware(options), log as never, wfloMiddleware(options)];
  const layered: LanguageModelV4[] = [
    meter(meter(plain, options), options),
    wrapLanguageModel({ model: plain, middleware: both }),
    meter(wrapLanguageModel({ model: plain, middleware: wfloMiddleware(options) }), options),
  ];
  for (const model of layered) {
    await generateText({ model, prompt: "Hi" });
    await partsOf(streamText({ model, prompt: "Hi" }).stream);
  }
  await lines(wflo, 6);
  expect((await lines(wflo, 6)).map(({ charged }) => charged)).toEqual(Array.from({ length: 6 }, () => COST));
  expect(warned).toHaveLength(1);
  expect(warned[0]).toContain("more than one layer");
});
