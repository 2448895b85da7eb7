import { meter } from "@wflo/ai-sdk";
import { customProvider, embed, generateText, wrapEmbeddingModel } from "ai";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
const COST = "0.000026";

async function setUp() {
  const { wflo } = await newWflo();
  const simulator = await simulate([ANSWER]);
  return { wflo, simulator, openai: openaiOf(simulator), options: { wflo, budgets: ["user"] } };
}

test("a provider that nobody can change is metered like any other, and keeps what it has", async () => {
  const { wflo, openai, options, simulator } = await setUp();
  const frozen = Object.freeze(openai);
  const metered = meter(frozen, options);
  const custom = meter(
    Object.freeze(customProvider({ languageModels: { small: openai.chat(MODEL) } })),
    options,
  );
  for (const model of [
    metered(MODEL),
    metered.chat(MODEL),
    metered.languageModel(MODEL),
    custom.languageModel("small"),
  ])
    await generateText({ model, prompt: "Hi" });
  expect(simulator.requests).toHaveLength(4);
  expect((await lines(wflo, 4)).map(({ charged }) => charged)).toEqual([COST, COST, COST, COST]);
  expect(metered.tools).toBe(openai.tools);
  expect(Object.keys(metered)).toEqual(Object.keys(openai));
});

test("a model that nobody can change is metered like any other", async () => {
  const { wflo, openai, options } = await setUp();
  const embedding = wrapEmbeddingModel({
    model: openai.embedding("text-embedding-3-small"),
    middleware: { specificationVersion: "v4" },
  });
  await embed({ model: meter(Object.freeze(embedding), options), value: "A text." });
  await generateText({ model: meter(Object.freeze(openai.chat(MODEL)), options), prompt: "Hi" });
  expect((await lines(wflo, 2)).map(({ kind }) => kind)).toEqual(["settle", "settle"]);
});
