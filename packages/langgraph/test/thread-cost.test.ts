import { memoryDatabase, createWflo } from "@wflo/core";
import { meterChatModel, threadCost, WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, simulate } from "./metering-desk.ts";

const THREAD = { configurable: { thread_id: "42" } };
const Said = Annotation.Root({
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

/** Each answer costs a millionth more than the one before: 10,000 tokens of input more at 100 nano-dollars. */
async function threadWithTwoNodes() {
  const database = memoryDatabase();
  const simulator = await simulate(({ index }) => ({
    inputTokens: 10_000 * (index + 1),
    outputTokens: 0,
    text: "x",
  }));
  const wflo = createWflo({ database, logger: false });
  onTestFinished(() => wflo.close());
  const model = meterChatModel(chatModel(simulator), { wflo });
  const node = async () => ({ said: [(await model.invoke("hi")).text] });
  const saver = new WfloSaver({ database });
  const graph = new StateGraph(Said)
    .addNode("draft", node)
    .addNode("check", node)
    .addEdge(START, "draft")
    .addEdge("draft", "check")
    .compile({ checkpointer: saver });
  return { wflo, saver, graph };
}

const cents = (text: string | undefined) => Math.round(Number(text) * 1_000);

test("adds up a thread by node and model, and keeps the price of the branch that a fork left", async () => {
  const { wflo, saver, graph } = await threadWithTwoNodes();
  await graph.invoke({ said: ["a"] }, THREAD);
  const before = await threadCost(wflo, saver, { threadId: "42" });
  expect(cents(before.total)).toBe(1 + 2);
  expect(before.nodes.map(({ name, cost }) => [name, cents(cost)])).toEqual([
    ["draft", 1],
    ["check", 2],
  ]);
  expect(before.models).toMatchObject([{ name: "openai/gpt-4.1-nano", calls: 2 }]);
  expect(before.abandoned).toBe("0.00");

  const states = [];
  for await (const state of graph.getStateHistory(THREAD)) states.push(state);
  const afterDraft = states.find(({ next }) => next[0] === "check");
  await graph.invoke(null, afterDraft?.config);
  const forked = await threadCost(wflo, saver, { threadId: "42" });
  expect(cents(forked.total)).toBe(1 + 2 + 3);
  expect(cents(forked.abandoned)).toBe(2);
  expect(forked.branches.map(({ leftAt, cost }) => [leftAt, cents(cost)])).toEqual([
    [undefined, 1 + 3],
    [afterDraft?.config.configurable?.["checkpoint_id"], 2],
  ]);
  const first = await threadCost(wflo, saver, {
    threadId: "42",
    checkpointId: states[0]?.config.configurable?.["checkpoint_id"],
  });
  expect(cents(first.abandoned)).toBe(3);
});

test("keeps calls on the branch that goes on after an update by hand", async () => {
  const { wflo, saver, graph } = await threadWithTwoNodes();
  await graph.invoke({ said: ["a"] }, THREAD);
  await graph.updateState(THREAD, { said: ["by hand"] });
  await graph.invoke({ said: ["b"] }, THREAD);
  const { total, abandoned, branches } = await threadCost(wflo, saver, { threadId: "42" });
  expect(cents(total)).toBe(1 + 2 + 3 + 4);
  expect(abandoned).toBe("0.00");
  expect(branches).toHaveLength(1);
});

test("says nothing of threads that nobody knows", async () => {
  const { wflo, saver } = await threadWithTwoNodes();
  expect(await threadCost(wflo, saver, { threadId: "nobody" })).toMatchObject({
    total: "0.00",
    calls: 0,
    branches: [],
  });
});
