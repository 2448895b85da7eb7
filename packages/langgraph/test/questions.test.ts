import { isBudgetExceeded, memoryDatabase, RunInterruptedError } from "@wflo/core";
import { graphWorkflow, meterChatModel, wfloAgentMiddleware, WfloSaver } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { expect, test } from "vitest";
import { chatModel, clientOf, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100, text: "said" };
const Said = Annotation.Root({
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});
const ask = (question: string): string => String(interrupt(question));
const all = async (states: AsyncIterable<unknown>): Promise<readonly unknown[]> => {
  const read: unknown[] = [];
  for await (const state of states) read.push(state);
  return read;
};
const askBoth = () => ({ said: [ask("one?"), ask("two?")] });
const questions = (error: unknown) =>
  (error as RunInterruptedError).interrupts.map((asked) => (asked as { value: unknown }).value);

/** A workflow's surroundings: a client, a saver on its database, and a model that is metered. */
async function desk(replies = [ANSWER]) {
  const database = memoryDatabase();
  const simulator = await simulate(replies);
  const bare = chatModel(simulator, { maxTokens: 200 });
  const saver = new WfloSaver({ database });
  return { wflo: clientOf(database), simulator, bare, model: meterChatModel(bare), saver };
}

test.each([
  ["wflo's saver", (saver: WfloSaver) => saver],
  ["LangGraph's saver in memory", () => new MemorySaver()],
])("asks every question of a node, one after another, on %s", async (_, saverOf) => {
  const { wflo, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("ask", askBoth)
    .addEdge(START, "ask")
    .compile({ checkpointer: saverOf(saver) });
  const workflow = wflo.workflow("ask", graph);
  const first = (await settled(workflow.run({}))) as RunInterruptedError;
  expect(questions(first)).toEqual(["one?"]);
  const second = await settled(workflow.resume(first.runId, { answer: "a" }));
  expect(second).toBeInstanceOf(RunInterruptedError);
  expect(questions(second)).toEqual(["two?"]);
  expect((await wflo.runs.get(first.runId))?.status).toBe("paused");
  expect(await workflow.resume(first.runId, { answer: "b" })).toEqual({ said: ["a", "b"] });
});

test("asks the second question of a node whose graph is streamed", async () => {
  const { wflo, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("ask", askBoth)
    .addEdge(START, "ask")
    .compile({ checkpointer: saver });
  const streaming = graphWorkflow<object, AsyncIterable<unknown>>(graph, { streamMode: "values" });
  const workflow = wflo.workflow("ask", streaming);
  const first = await settled(workflow.run({}).then(all));
  const { runId } = first as RunInterruptedError;
  const second = await settled(workflow.resume(runId, { answer: "a" }).then(all));
  expect(questions(second)).toEqual(["two?"]);
  const states = await workflow.resume(runId, { answer: "b" }).then(all);
  expect(states.at(-1)).toEqual({ said: ["a", "b"] });
});

test("asks the second question of an agent's tool", async () => {
  const asksFirst = { ...ANSWER, text: "", toolCalls: [{ name: "ask", arguments: {} }] };
  const { wflo, simulator, bare, saver } = await desk([asksFirst, ANSWER]);
  const asking = tool(() => ask("one?") + ask("two?"), {
    name: "ask",
    description: "Asks.",
    schema: { type: "object", properties: {} },
  });
  const agent = createAgent({
    model: bare,
    tools: [asking],
    checkpointer: saver,
    middleware: [wfloAgentMiddleware()],
  });
  const workflow = wflo.workflow("agent", agent, { budget: "1.00" });
  const { runId } = (await settled(
    workflow.run({ messages: [new HumanMessage("go")] }),
  )) as RunInterruptedError;
  const second = await settled(workflow.resume(runId, { answer: "a" }));
  expect(questions(second)).toEqual(["two?"]);
  const result = (await workflow.resume(runId, { answer: "b" })) as { messages: { text: string }[] };
  expect(result.messages.map(({ text }) => text)).toEqual(["go", "", "ab", "said"]);
  expect(simulator.requests).toHaveLength(2);
});

test("throws the refusal that comes after an answer, and needs no second answer then", async () => {
  const { wflo, simulator, model, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("ask", async () => ({ said: [ask("May I?"), (await model.invoke("x")).text] }))
    .addEdge(START, "ask")
    .compile({ checkpointer: saver });
  const workflow = wflo.workflow("ask", graph, { budget: "0.00001" });
  const { runId } = (await settled(workflow.run({}))) as RunInterruptedError;
  const refusal = await settled(workflow.resume(runId, { answer: "yes" }));
  expect(isBudgetExceeded(refusal)).toBe(true);
  const result = await workflow.resume(runId, { topUp: { to: "1.00" } });
  expect(result).toEqual({ said: ["yes", "said"] });
  expect(simulator.requests).toHaveLength(1);
});

test("throws the refusal that comes after a second answer", async () => {
  const { wflo, model, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("ask", async () => ({ said: [...askBoth().said, (await model.invoke("x")).text] }))
    .addEdge(START, "ask")
    .compile({ checkpointer: saver });
  const workflow = wflo.workflow("ask", graph, { budget: "0.00001" });
  const { runId } = (await settled(workflow.run({}))) as RunInterruptedError;
  await settled(workflow.resume(runId, { answer: "a" }));
  expect(isBudgetExceeded(await settled(workflow.resume(runId, { answer: "b" })))).toBe(true);
  const result = await workflow.resume(runId, { topUp: { to: "1.00" } });
  expect(result).toEqual({ said: ["a", "b", "said"] });
});

test("throws the refusal of a branch when the question beside it was answered", async () => {
  const { wflo, model, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("ask", () => ({ said: [ask("May I?")] }))
    .addNode("pay", async () => ({ said: [(await model.invoke("x")).text] }))
    .addEdge(START, "ask")
    .addEdge(START, "pay")
    .compile({ checkpointer: saver });
  const workflow = wflo.workflow("both", graph, { budget: "0.00001" });
  const first = (await settled(workflow.run({}))) as RunInterruptedError;
  expect(questions(first)).toEqual(["May I?"]);
  const second = await settled(workflow.resume(first.runId, { answer: "yes" }));
  expect(isBudgetExceeded(second)).toBe(true);
  const result = (await workflow.resume(first.runId, { topUp: { to: "1.00" } })) as { said: string[] };
  expect(result.said.toSorted()).toEqual(["said", "yes"]);
});

test("lists of two questions the one that was not answered", async () => {
  const { wflo, saver } = await desk();
  const graph = new StateGraph(Said)
    .addNode("a", () => ({ said: [ask("a?")] }))
    .addNode("b", () => ({ said: [ask("b?")] }))
    .addEdge(START, "a")
    .addEdge(START, "b")
    .compile({ checkpointer: saver });
  const workflow = wflo.workflow("both", graph);
  const first = (await settled(workflow.run({}))) as RunInterruptedError;
  expect(questions(first)).toEqual(["a?", "b?"]);
  const [a] = first.interrupts as { id: string }[];
  const second = await settled(workflow.resume(first.runId, { answer: { [a?.id ?? ""]: "A" } }));
  expect(questions(second)).toEqual(["b?"]);
  expect(await workflow.resume(first.runId, { answer: "B" })).toEqual({ said: ["A", "B"] });
});

test.each(["metered", "unwrapped"])(
  "pauses at a breakpoint as such after a node that caught the refusal of a %s model",
  async (kind) => {
    const { wflo, bare, model, saver } = await desk();
    const asked = kind === "metered" ? model : bare;
    const graph = new StateGraph(Said)
      .addNode("try", async () => {
        const answer = await settled(asked.invoke("x"));
        return { said: [isBudgetExceeded(answer) ? "too dear" : "said"] };
      })
      .addNode("next", () => ({ said: ["next"] }))
      .addEdge(START, "try")
      .addEdge("try", "next")
      .compile({ checkpointer: saver, interruptBefore: ["next"] });
    const workflow = wflo.workflow("caught", graph, { budget: "0.00001" });
    const paused = await settled(workflow.run({}));
    expect(paused).toBeInstanceOf(RunInterruptedError);
    expect(questions(paused)).toEqual([]);
    const { runId } = paused as RunInterruptedError;
    expect(await workflow.resume(runId)).toEqual({ said: ["too dear", "next"] });
  },
);
