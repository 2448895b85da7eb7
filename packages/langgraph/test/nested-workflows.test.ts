import { isBudgetExceeded, memoryDatabase, RunInterruptedError, type Wflo } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import { Annotation, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { expect, test } from "vitest";
import { chatModel, clientOf, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100, text: "said" };
/** Enough for two answers, but not for a third. */
const SHORT = "0.00022";
const Said = Annotation.Root({
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

/** A workflow of three nodes that ask a model, or of one that asks a person after it has asked the model. */
async function desk({ isMetered = true } = {}) {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const wflo = clientOf(database);
  const bare = chatModel(simulator, { maxTokens: 200 });
  const model = isMetered ? meterChatModel(bare) : bare;
  const checkpointer = new WfloSaver({ database });
  const ran: string[] = [];
  const node = (name: string) => async () => {
    ran.push(name);
    return { said: [`${name} ${(await model.invoke(name)).text}`] };
  };
  const paying = new StateGraph(Said)
    .addNode("one", node("one"))
    .addNode("two", node("two"))
    .addNode("three", node("three"))
    .addEdge(START, "one")
    .addEdge("one", "two")
    .addEdge("two", "three")
    .compile({ checkpointer });
  const asking = new StateGraph(Said)
    .addNode("ask", async () => ({ said: [(await model.invoke("a")).text, String(interrupt("May I?"))] }))
    .addEdge(START, "ask")
    .compile({ checkpointer });
  return { wflo, simulator, ran, paying, asking, checkpointer };
}

/** A graph that does something in its one node. */
const around = (work: () => Promise<unknown>) =>
  new StateGraph(Said)
    .addNode("around", async () => ({ said: [JSON.stringify(await work())] }))
    .addEdge(START, "around");

const runNamed = async (wflo: Wflo, workflow: string) =>
  (await wflo.runs.list()).find((run) => run.workflow === workflow);

test.each([
  ["a metered model", true],
  ["an unwrapped model", false],
])(
  "keeps what the nodes of a workflow with %s did that a node of another graph runs, and tells that graph's handlers",
  async (_, isMetered) => {
    const { wflo, simulator, ran, paying } = await desk({ isMetered });
    const child = wflo.workflow("child", paying, { budget: SHORT });
    let met: unknown;
    let answers = 0;
    const counter = BaseCallbackHandler.fromMethods({ handleLLMEnd: () => void (answers += 1) });
    const outer = around(async () => (met = await settled(child.run({}))));
    await outer
      .compile({ checkpointer: new MemorySaver() })
      .invoke({}, { configurable: { thread_id: "t" }, callbacks: [counter] });
    expect(met).toMatchObject({ name: "BudgetExceededError" });
    expect(answers).toBe(2);
    const { runId } = met as { runId: string };
    expect((await wflo.runs.get(runId))?.status).toBe("paused");
    const result = await child.resume(runId, { topUp: { to: "1.00" } });
    expect(result).toEqual({ said: ["one said", "two said", "three said"] });
    expect(ran.filter((name) => name !== "three")).toEqual(["one", "two"]);
    expect(simulator.requests).toHaveLength(3);
    expect(Number((await wflo.runs.get(runId))?.cost.total)).toBeCloseTo(3 * 0.00007, 9);
  },
);

test("pauses a workflow for its question that a node of another graph runs", async () => {
  const { wflo, simulator, asking } = await desk();
  const child = wflo.workflow("child", asking, { budget: "1.00" });
  let met: unknown;
  await around(async () => (met = await settled(child.run({}))))
    .compile({ checkpointer: new MemorySaver() })
    .invoke({}, { configurable: { thread_id: "t" } });
  expect(met).toBeInstanceOf(RunInterruptedError);
  expect(met).toMatchObject({ interrupts: [{ value: "May I?" }] });
  const { runId } = met as RunInterruptedError;
  expect((await wflo.runs.get(runId))?.status).toBe("paused");
  expect(await child.resume(runId, { answer: "yes" })).toEqual({ said: ["said", "yes"] });
  expect(simulator.requests).toHaveLength(2);
});

test("pauses each of two workflows one of which runs in a node of the other, and names the run of its caller", async () => {
  const { wflo, paying, checkpointer } = await desk();
  const child = wflo.workflow("child", paying, { budget: SHORT });
  const parent = wflo.workflow("parent", around(() => child.run({})).compile({ checkpointer }));
  const refusal = await settled(parent.run({}));
  expect(isBudgetExceeded(refusal)).toBe(true);
  const [inner, outer] = [await runNamed(wflo, "child"), await runNamed(wflo, "parent")];
  expect([inner?.status, outer?.status]).toEqual(["paused", "paused"]);
  expect(refusal).toMatchObject({ runId: outer?.id, budgetId: `run/${inner?.id}` });
});

test("does not stop the parent of a refused workflow for the refusal when its node can do without", async () => {
  const { wflo, paying, checkpointer } = await desk({ isMetered: false });
  const child = wflo.workflow("child", paying, { budget: SHORT });
  const graph = around(async () => isBudgetExceeded(await settled(child.run({}))))
    .addNode("after", () => ({ said: ["after"] }))
    .addEdge("around", "after");
  const parent = wflo.workflow("parent", graph.compile({ checkpointer, interruptBefore: ["after"] }));
  const paused = await settled(parent.run({}));
  expect(paused).toBeInstanceOf(RunInterruptedError);
  const { runId } = paused as RunInterruptedError;
  expect(runId).toBe((await runNamed(wflo, "parent"))?.id);
  expect(await parent.resume(runId)).toEqual({ said: ["true", "after"] });
});
