import { meterChatModel } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { chatModel, lines, newWflo, settled, simulate } from "./metering-desk.ts";

const PROMPT = [new HumanMessage("What kind?")];
const KIND = {
  title: "kind",
  type: "object",
  properties: { kind: { type: "string" } },
  required: ["kind"],
};

test.each([
  ["was cut by its length", { text: '{"kind":"be', finishReason: "length" }],
  ["is no JSON", { text: "bees" }],
] as const)("charges structured output that %s by its bill, and asks for it once", async (_, answer) => {
  const simulator = await simulate([{ inputTokens: 300, outputTokens: 100, ...answer }]);
  const wflo = await newWflo();
  const model = meterChatModel(chatModel(simulator, { maxRetries: 2 }), { wflo, budgets: ["user"] });
  const error = await settled(model.withStructuredOutput(KIND).invoke(PROMPT));
  expect(error).toBeInstanceOf(Error);
  expect(simulator.requests).toHaveLength(1);
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.00007" }]);
});
