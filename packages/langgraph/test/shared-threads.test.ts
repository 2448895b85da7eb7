import { memoryDatabase, type Wflo } from "@wflo/core";
import { graphWorkflow, meterChatModel, wfloAgentMiddleware, WfloSaver } from "@wflo/langgraph";
import { pglite } from "@wflo/postgres/pglite";
import { HumanMessage } from "@langchain/core/messages";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent, type AgentMiddleware } from "langchain";
import { expect, test } from "vitest";
import { chatModel, clientOf, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100 };
const PROMPT = [new HumanMessage("Say something nice.")];
const Turns = Annotation.Root({
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

test("does not resume on a thread that another run has gone on with meanwhile", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
  const graph = new StateGraph(Turns)
    .addNode("reply", async ({ said }) => {
      await model.invoke("x");
      return { said: [`reply to ${said.at(-1)}`] };
    })
    .addEdge(START, "reply")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const chat = (name: string, budget: string) => {
    const options = { threadId: () => "t", input: ({ say }: { say: string }) => ({ said: [say] }) };
    return wflo.workflow(name, graphWorkflow<{ say: string }, { said: string[] }>(graph, options), {
      budget,
    });
  };
  const poor = chat("poor", "0.00000001");
  const refusal = (await settled(poor.run({ say: "one" }))) as { runId: string };
  await chat("rich", "1.00").run({ say: "two" });
  const outcome = await settled(poor.resume(refusal.runId, { topUp: { to: "1.00" } }));
  expect(outcome).toMatchObject({ code: "WFLO_RUN_NOT_RESUMABLE" });
  expect(String(outcome)).toContain("others have gone on with its thread t");
});

test.each([
  ["memory", memoryDatabase],
  ["PGlite", pglite],
])(
  "keeps out of its thread on %s what a process still writes whose run another has taken over",
  async (_, open) => {
    const simulator = await simulate([ANSWER]);
    const database = open();
    // PGlite takes a while to start.
    await clientOf(database).runs.list();
    const agentIn = (wflo: Wflo, before: () => Promise<void>) => {
      const slow = { name: "slow", beforeModel: before } as unknown as AgentMiddleware;
      const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
      const checkpointer = new WfloSaver({ database });
      const agent = createAgent({
        model,
        tools: [],
        checkpointer,
        middleware: [wfloAgentMiddleware(), slow],
      });
      return { agent, workflow: wflo.workflow("agent", agent, { budget: "1.00" }) };
    };
    const [isAtWork, isTakenOver] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const wait = () => (isAtWork.resolve(), isTakenOver.promise);
    const [old, young] = [agentIn(clientOf(database), wait), agentIn(clientOf(database), async () => {})];
    const left = settled(old.workflow.run({ messages: PROMPT }));
    await isAtWork.promise;
    const [run] = await clientOf(database).runs.list();
    const id = run?.id ?? "";
    await young.workflow.resume(id, { takeOver: true });
    isTakenOver.resolve();
    expect(await left).toMatchObject({ code: "WFLO_RUN_SUPERSEDED" });
    const { values } = await young.agent.graph.getState({ configurable: { thread_id: id } });
    expect((values as { messages: unknown[] }).messages).toHaveLength(2);
  },
);
