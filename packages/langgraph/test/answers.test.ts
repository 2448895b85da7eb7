import { ChatAnthropic } from "@langchain/anthropic";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { HumanMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { decimalUsd } from "@wflo/core";
import { meterChatModel } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { chatModel, lines, newWflo, settled, simulate } from "./metering-desk.ts";
import { anthropicServer } from "./anthropic-server.ts";

const PROMPT = [new HumanMessage("Say something nice.")];
const CACHED = { cache_read_input_tokens: 500, cache_creation_input_tokens: 300 };
const START = { input_tokens: 1_000, output_tokens: 1, ...CACHED };
/** Of claude-sonnet-4-5: 3, 0.30, 3.75 and 15 dollars a million of input, cache reads, cache writes and output. */
const EXACT = decimalUsd(BigInt(1_000 * 3_000 + 500 * 300 + 300 * 3_750 + 50 * 15_000));

for (const [name, end] of [
  ["all of its usage", { input_tokens: 1_000, output_tokens: 50, ...CACHED }],
  ["the output alone", { output_tokens: 50 }],
] as const) {
  test(`charges Anthropic's answers exactly whose last event tells ${name}`, async () => {
    const { url } = await anthropicServer({ start: START, end });
    const wflo = await newWflo();
    const fields = {
      model: "claude-sonnet-4-5",
      apiKey: "x",
      anthropicApiUrl: url,
      maxRetries: 0,
      maxTokens: 1_000,
    };
    const metered = (more: object) =>
      meterChatModel(new ChatAnthropic({ ...fields, ...more }), { wflo, budgets: ["user"] });
    await metered({}).invoke(PROMPT);
    for await (const _ of await metered({}).stream(PROMPT));
    await metered({ streaming: true }).invoke(PROMPT);
    const found = await lines(wflo, 3);
    expect(found.map(({ kind, charged }) => [kind, charged])).toEqual(
      Array.from({ length: 3 }, () => ["settle", EXACT]),
    );
  });
}

test("does not ask again for an answer that broke off in its middle, as the model by itself does not", async () => {
  const broken = await simulate([{ outputTokens: 40, cutAfterChunks: 5 }]);
  const wflo = await newWflo();
  let told = 0;
  const callbacks = [{ handleLLMNewToken: () => void (told += 1) }];
  const fields = { streaming: true, maxRetries: 2, maxTokens: 100 };
  await settled(chatModel(broken, fields).invoke(PROMPT, { callbacks }));
  const [requests, tokens] = [broken.requests.length, told];
  await settled(
    meterChatModel(chatModel(broken, fields), { wflo, budgets: ["user"] }).invoke(PROMPT, { callbacks }),
  );
  expect(broken.requests.length - requests).toBe(requests);
  expect(told - tokens).toBe(tokens);
});

/** A model whose author does not try again. */
class Failing extends BaseChatModel {
  asked = 0;

  _llmType() {
    return "failing";
  }

  override getLsParams() {
    return {
      ls_provider: "openai",
      ls_model_name: "gpt-4.1-nano",
      ls_model_type: "chat" as const,
      ls_max_tokens: 9,
    };
  }

  async _generate(): Promise<ChatResult> {
    Failing.count += 1;
    throw new Error("it fails");
  }

  static count = 0;
}

test("does not try again what a model of one's own does not try again", async () => {
  const wflo = await newWflo();
  await settled(meterChatModel(new Failing({}), { wflo, budgets: ["user"] }).invoke(PROMPT));
  expect(Failing.count).toBe(1);
});

test("writes no output cap below the thoughts that were asked for", async () => {
  const { url, requests } = await anthropicServer({ start: START, end: { output_tokens: 50 } });
  const wflo = await newWflo("0.08");
  const thinking = { type: "enabled" as const, budget_tokens: 10_000 };
  const fields = {
    model: "claude-sonnet-4-5",
    apiKey: "x",
    anthropicApiUrl: url,
    maxRetries: 0,
    maxTokens: 20_000,
  };
  const model = meterChatModel(new ChatAnthropic({ ...fields, thinking }), {
    wflo,
    budgets: ["user"],
    clamp: true,
  });
  await settled(model.invoke(PROMPT));
  for (const request of requests) expect(request["max_tokens"]).toBeGreaterThan(10_000);
});

test("holds for what a stored conversation may bring", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo();
  const held: number[] = [];
  wflo.on("call-start", ({ held: amount }) => void held.push(Number(amount)));
  for (const modelKwargs of [{}, { conversation: "conv_1" }]) {
    const model = chatModel(simulator, { useResponsesApi: true, maxTokens: 100, modelKwargs });
    await settled(meterChatModel(model, { wflo, budgets: ["user"] }).invoke(PROMPT));
  }
  expect(held[1]).toBeGreaterThan(100 * (held[0] ?? 0));
});
