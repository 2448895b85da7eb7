import type { LanguageModelV4, LanguageModelV4Middleware } from "@ai-sdk/provider";
import { meter } from "@wflo/ai-sdk";
import { generateText, streamText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { lines, MODEL, newWflo, openaiOf, partsOf, simulate, windowOf } from "./metering-desk.ts";

const ANSWER = { inputTokens: 100, outputTokens: 40 };
/** At the prices of gpt-4.1-nano, and of gpt-4.1. */
const SMALL = "0.000026";
const LARGE = "0.00052";
const QUESTION = [{ role: "user" as const, content: [{ type: "text" as const, text: "Is that fine?" }] }];

/** A model that asks a judge, with the options that it got itself, before it answers. */
function judged(model: LanguageModelV4, judge: LanguageModelV4): LanguageModelV4 {
  const middleware: LanguageModelV4Middleware = {
    specificationVersion: "v4",
    async wrapGenerate({ doGenerate, params }) {
      await judge.doGenerate({ ...params, prompt: QUESTION });
      return doGenerate();
    },
    async wrapStream({ doStream, params }) {
      await judge.doGenerate({ ...params, prompt: QUESTION });
      return doStream();
    },
  };
  return wrapLanguageModel({ model, middleware });
}

test.each([
  ["another model", "gpt-4.1", LARGE],
  ["the same model", MODEL, SMALL],
])(
  "what middleware asks of %s with the options of a call is a call of its own, and the call is charged as well",
  async (_, answering, cost) => {
    const { wflo, warned } = await newWflo();
    const openai = openaiOf(await simulate([ANSWER]));
    const options = { wflo, budgets: ["user"] };
    const model = meter(judged(openai.chat(answering), meter(openai.chat(MODEL), options)), options);
    await generateText({ model, prompt: "Hi" });
    await partsOf(streamText({ model, prompt: "Hi" }).stream);
    const charged = (await lines(wflo, 4)).map((line) => line.charged);
    expect(charged.toSorted()).toEqual([cost, cost, SMALL, SMALL].toSorted());
    expect(await windowOf(wflo)).toMatchObject({ reserved: "0.00" });
    expect(warned).toEqual([]);
  },
);

test("an answer that another metered model gave instead is charged once, as that model's", async () => {
  const { wflo } = await newWflo();
  const openai = openaiOf(await simulate([ANSWER]));
  const options = { wflo, budgets: ["user"] };
  const other = meter(openai.chat("gpt-4.1"), options);
  const broken = new MockLanguageModelV4({ provider: "openai.chat", modelId: MODEL });
  const middleware: LanguageModelV4Middleware = {
    specificationVersion: "v4",
    wrapGenerate: async ({ params }) => other.doGenerate(params),
    wrapStream: async ({ params }) => other.doStream(params),
  };
  const model = meter(wrapLanguageModel({ model: broken, middleware }), options);
  const whole = await generateText({ model, prompt: "Hi" });
  await partsOf(streamText({ model, prompt: "Hi" }).stream);
  const made = (await lines(wflo, 4)).filter(({ charged }) => charged !== "0.00");
  expect(made.map(({ charged }) => charged)).toEqual([LARGE, LARGE]);
  expect(whole.providerMetadata?.["wflo"]).toMatchObject({ cost: LARGE });
  expect(await windowOf(wflo)).toMatchObject({ spent: "0.00104", reserved: "0.00" });
});

test("an answer that two clients account for is charged by both", async () => {
  const [first, second] = [await newWflo(), await newWflo()];
  const openai = openaiOf(await simulate([ANSWER]));
  const inner = meter(openai.chat(MODEL), { wflo: first.wflo, budgets: ["user"] });
  const model = meter(inner, { wflo: second.wflo, budgets: ["user"] });
  await generateText({ model, prompt: "Hi" });
  await partsOf(streamText({ model, prompt: "Hi" }).stream);
  for (const { wflo } of [first, second])
    expect((await lines(wflo, 2)).map(({ charged }) => charged)).toEqual([SMALL, SMALL]);
});
