import { isBudgetExceeded } from "@wflo/core";
import { WfloSaver, wfloAgentMiddleware } from "@wflo/langgraph";
import { memoryDatabase } from "@wflo/core";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { createAgent, modelFallbackMiddleware, modelRetryMiddleware, type AgentMiddleware } from "langchain";
import { expect, test } from "vitest";
import { chatModel, lines, newWflo, settled, simulate, user } from "./metering-desk.ts";

const HELLO = { messages: [new HumanMessage("hello")] };
const THREAD = { configurable: { thread_id: "1" } };
const add = tool(({ a, b }: { a: number; b: number }) => String(a + b), {
  name: "add",
  description: "Adds.",
  schema: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"],
  },
});

test("meters an agent's models and its priced tools, with the agent's name and thread", async () => {
  const simulator = await simulate([
    { toolCalls: [{ name: "add", arguments: { a: 1, b: 2 } }] },
    { text: "three" },
  ]);
  const wflo = await newWflo();
  const agent = createAgent({
    name: "adder",
    model: chatModel(simulator),
    tools: [add],
    checkpointer: new WfloSaver({ database: memoryDatabase() }),
    middleware: [wfloAgentMiddleware({ wflo, budgets: ["user"], tools: { add: { price: "0.01" } } })],
  });
  const { messages } = await agent.invoke(HELLO, THREAD);
  expect(messages.at(-1)?.text).toBe("three");
  const found = await lines(wflo, 3);
  expect(found.map(({ provider, charged }) => [provider, charged === "0.01"])).toEqual([
    ["openai", false],
    ["tool", true],
    ["openai", false],
  ]);
  expect(found[0]).toMatchObject({ agent: "adder", thread: "langgraph/1", step: "model_request" });
  expect(await user(wflo)).toMatchObject({ reserved: "0.00" });
});

test("does not let retries repeat a refusal, nor swallow it, nor fallbacks go around it", async () => {
  const simulator = await simulate([{}]);
  const wflo = await newWflo("0.000001");
  let refusals = 0;
  wflo.on("budget-exceeded", () => void (refusals += 1));
  const agent = createAgent({
    model: chatModel(simulator),
    middleware: [
      wfloAgentMiddleware({ wflo, budgets: ["user"] }),
      modelRetryMiddleware({ maxRetries: 3, initialDelayMs: 1 }) as AgentMiddleware,
      modelFallbackMiddleware(chatModel(simulator)),
    ],
    checkpointer: new WfloSaver({ database: memoryDatabase() }),
  });
  expect(isBudgetExceeded(await settled(agent.invoke(HELLO, THREAD)))).toBe(true);
  expect(simulator.requests).toHaveLength(0);
  expect(refusals).toBe(1);
  await wflo.budgets.set({ id: "user", caps: { total: "1.00" } });
  const { messages } = await agent.invoke(null as never, THREAD);
  expect(messages.at(-1)).toBeInstanceOf(AIMessage);
  expect(simulator.requests).toHaveLength(1);
});

test("counts a fallback's model, which nobody wrapped", async () => {
  const failing = await simulate([{ status: 400 }]);
  const working = await simulate([{ outputTokens: 3 }]);
  const wflo = await newWflo();
  const agent = createAgent({
    model: chatModel(failing),
    middleware: [
      wfloAgentMiddleware({ wflo, budgets: ["user"] }),
      modelFallbackMiddleware(chatModel(working)),
    ],
  });
  await agent.invoke(HELLO);
  expect((await lines(wflo, 2)).map(({ kind }) => kind)).toEqual(["void", "settle"]);
});

test("charges an agent once that stands in two layers of wflo", async () => {
  const simulator = await simulate([{ outputTokens: 3 }]);
  const wflo = await newWflo();
  const options = { wflo, budgets: ["user"] };
  const agent = createAgent({
    model: chatModel(simulator),
    middleware: [{ ...wfloAgentMiddleware(options), name: "outer" }, wfloAgentMiddleware(options)],
  });
  await wflo.run({ name: "around", budgets: ["user"] }, () => agent.invoke(HELLO));
  expect(await lines(wflo, 1)).toHaveLength(1);
});
