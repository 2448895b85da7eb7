import { answerCost, meter, type AnswerCost } from "@wflo/ai-sdk";
import { usd } from "@wflo/core";
import { isStepCount, jsonSchema, streamText, tool, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { MODEL, newWflo, openaiOf, simulate, windowOf } from "./metering-desk.ts";

const NOTHING = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
const LOOK = { toolCalls: [{ name: "look", arguments: {} }], inputTokens: 333, outputTokens: 7 };
const look = tool({ description: "Looks.", inputSchema: NOTHING, execute: async () => "seen" });

function part(cost: string, costKind: string, type = "finish-step") {
  return { part: { type, providerMetadata: { wflo: { callId: "c", cost, costKind } } } };
}

test("a message tells what all steps of its answer cost, to the nano-dollar, and what is left after the last", async () => {
  const { wflo } = await newWflo("0.01", { settle: "await" });
  const simulator = await simulate([LOOK, LOOK, { inputTokens: 777, outputTokens: 3 }]);
  const model = meter(openaiOf(simulator)(MODEL), { wflo, budgets: ["user"] });
  const result = streamText({ model, prompt: "Hi", tools: { look }, stopWhen: isStepCount(5) });
  let answer: UIMessage<AnswerCost> | undefined;
  const stream = result.toUIMessageStream<UIMessage<AnswerCost>>({
    messageMetadata: answerCost(),
    onEnd: ({ responseMessage }) => void (answer = responseMessage),
  });
  for await (const _ of stream);
  const { spent = "" } = (await windowOf(wflo)) ?? {};
  expect(usd(spent).nanoUsd).toBe((333n * 2n + 777n) * 100n + 17n * 400n);
  expect(answer?.metadata).toEqual({
    cost: spent,
    costKind: "known",
    left: { budgetId: "user", window: "total", amount: usd("0.01").minus(spent).toString() },
  });
});

test("sums are exact where floats are not, and as certain as the least certain step", () => {
  const told = answerCost();
  expect(told(part("0.1", "known"))).toEqual({ cost: "0.10", costKind: "known" });
  expect(told(part("0.2", "lowerBound"))).toEqual({ cost: "0.30", costKind: "lowerBound" });
  expect(told(part("0.000000001", "unknown"))).toEqual({ cost: "0.300000001", costKind: "unknown" });
  expect(told(part("0", "known"))).toEqual({ cost: "0.300000001", costKind: "unknown" });
});

test("parts that end no step, and steps of models that are not metered, tell nothing", () => {
  const told = answerCost();
  expect(told(part("1", "known", "finish"))).toBeUndefined();
  expect(told({ part: { type: "finish-step" } })).toBeUndefined();
  expect(told({ part: { type: "finish-step", providerMetadata: { openai: {} } } })).toBeUndefined();
  expect(answerCost()(part("0.1", "known"))).toEqual({ cost: "0.10", costKind: "known" });
});
