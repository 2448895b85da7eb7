import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { createAgent } from "langchain";
import { InvalidOptionError, isBudgetExceeded } from "@wflo/core";
import { meterChatModel, wfloAgentMiddleware } from "@wflo/langgraph";
import { expect, test } from "vitest";
import { chatModel, newWflo, settled, simulate } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("Say something nice.")];
const ANSWER = { inputTokens: 300, outputTokens: 100 };
/** Enough for three answers of 0.00007, but not for a fourth. */
const SHORT = "0.0003";
const ADD = {
  type: "function" as const,
  function: { name: "add", parameters: { type: "object", properties: {} } },
};

test("has one budget of its own, however often tools are bound to the model", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }), { wflo, budget: SHORT });
  const refused = [];
  for (let i = 0; i < 6; i += 1)
    refused.push(isBudgetExceeded(await settled(model.bindTools([ADD]).invoke(PROMPT))));
  expect(refused.at(-1)).toBe(true);
  expect(simulator.requests.length).toBeLessThan(5);
});

test("has one budget of its own for an agent, call after call", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const agent = createAgent({
    model: chatModel(simulator, { maxTokens: 200 }),
    tools: [],
    middleware: [wfloAgentMiddleware({ wflo, budget: SHORT })],
  });
  for (let i = 0; i < 6; i += 1) await settled(agent.invoke({ messages: PROMPT }));
  expect(simulator.requests.length).toBeLessThan(5);
});

test("says that it takes chat models only, since what is made of one would pass by unmetered", async () => {
  const simulator = await simulate([ANSWER]);
  const anthropic = new ChatAnthropic({ model: "claude-sonnet-4-5", apiKey: "sk-ant" });
  const others = [
    anthropic.withConfig({ stop: ["x"] }),
    chatModel(simulator).withFallbacks([chatModel(simulator)]),
    "openai:gpt-4.1-nano",
    undefined,
    null,
    {},
  ];
  for (const other of others) expect(() => meterChatModel(other as never)).toThrow(InvalidOptionError);
});
