import { isBudgetExceeded, memoryDatabase, RunInterruptedError } from "@wflo/core";
import { meterChatModel, wfloAgentMiddleware, WfloSaver } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { Annotation, interrupt, START, StateGraph } from "@langchain/langgraph";
import { createAgent, summarizationMiddleware, type AgentMiddleware } from "langchain";
import { expect, test } from "vitest";
import { chatModel, clientOf, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100 };

test("keeps the conversation of an agent whose summary was refused", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const model = chatModel(simulator, { maxTokens: 200 });
  const agent = createAgent({
    model,
    tools: [],
    checkpointer: new WfloSaver({ database }),
    middleware: [
      wfloAgentMiddleware(),
      summarizationMiddleware({
        model: meterChatModel(model),
        trigger: { messages: 3 },
        keep: { messages: 1 },
      } as never) as AgentMiddleware,
    ],
  });
  const workflow = wflo.workflow("summed", agent, { budget: "0.00001" });
  const messages = Array.from({ length: 6 }, (_, i) => new HumanMessage(`fact ${i}`));
  const refusal = (await settled(workflow.run({ messages }))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const { values } = await agent.graph.getState({ configurable: { thread_id: refusal.runId } });
  expect((values as { messages: unknown[] }).messages).toHaveLength(6);
  const result = (await workflow.resume(refusal.runId, { topUp: { to: "1.00" } })) as { messages: unknown[] };
  // The summary, what was kept, and the answer.
  expect(result.messages).toHaveLength(3);
  expect(simulator.requests).toHaveLength(2);
});

test("leaves a refusal to a node that catches it, and asks what a later one asks", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
  const graph = new StateGraph(Annotation.Root({ said: Annotation<string> }))
    .addNode("try", async () => {
      const answer = await settled(model.invoke([new HumanMessage("x")]));
      return { said: isBudgetExceeded(answer) ? "too dear" : "said" };
    })
    .addNode("ask", ({ said }) => ({ said: `${said}: ${String(interrupt("Go on?"))}` }))
    .addEdge(START, "try")
    .addEdge("try", "ask")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const workflow = clientOf(database).workflow("caught", graph, { budget: "0.00001" });
  const paused = (await settled(workflow.run({}))) as RunInterruptedError;
  expect(paused).toBeInstanceOf(RunInterruptedError);
  expect(await workflow.resume(paused.runId, { answer: "yes" })).toEqual({ said: "too dear: yes" });
  expect(simulator.requests).toHaveLength(0);
});
