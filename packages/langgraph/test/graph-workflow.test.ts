import { createWflo, isBudgetExceeded, memoryDatabase, RunInterruptedError, type Database } from "@wflo/core";
import { graphWorkflow, meterChatModel, wfloAgentMiddleware, WfloSaver } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, END, interrupt, MemorySaver, Send, START, StateGraph } from "@langchain/langgraph";
import type { Simulator } from "@wflo/testkit/simulator";
import { createAgent, modelRetryMiddleware, type AgentMiddleware } from "langchain";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, settled, simulate } from "./metering-desk.ts";

/** One answer costs this: 300 tokens of input at 100 nano-dollars and 100 of output at 400. It may cost about twice as much. */
const PRICE = 0.00007;
const ANSWER = { inputTokens: 300, outputTokens: 100, latencyMs: 20 };
/** Enough for three answers, but not for a fourth. */
const SHORT = "0.0003";
const merge = (left: Record<string, string>, right: Record<string, string>) => ({ ...left, ...right });
const Notes = Annotation.Root({
  topic: Annotation<string>,
  notes: Annotation<Record<string, string>>({ reducer: merge, default: () => ({}) }),
});

/** Another process: a client, a saver and a graph of its own on the same database. */
function processOf(database: Database, simulator: Simulator, { retried = false, isMetered = true } = {}) {
  const wflo = createWflo({ database, logger: false, waitMs: 500, settle: "background" });
  onTestFinished(() => wflo.close().catch(() => {}));
  const ran: string[] = [];
  const bare = chatModel(simulator, { maxTokens: 200 });
  const model = isMetered ? meterChatModel(bare) : bare;
  const node = (name: string) => async () => {
    ran.push(name);
    const answer = await model.invoke([new HumanMessage(`write ${name}`)]);
    return { notes: { [name]: answer.text } };
  };
  const retryPolicy = { maxAttempts: 3, initialInterval: 1 };
  const graph = new StateGraph(Notes)
    .addNode("plan", node("plan"), retried ? { retryPolicy } : {})
    .addNode("bees", node("bees"))
    .addNode("wasps", node("wasps"))
    .addNode("ants", node("ants"))
    .addNode("write", node("write"), retried ? { retryPolicy } : {})
    .addEdge(START, "plan")
    .addEdge("plan", "bees")
    .addEdge("plan", "wasps")
    .addEdge("plan", "ants")
    .addEdge(["bees", "wasps", "ants"], "write")
    .addEdge("write", END)
    .compile({ checkpointer: new WfloSaver({ database }) });
  return { wflo, graph, ran };
}

test("runs a compiled graph, and tells what each node cost", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const { wflo, graph } = processOf(database, simulator);
  const research = wflo.workflow(
    "research",
    async (run, input: { topic: string }) => {
      const result = await graphWorkflow<typeof input, { notes: object }>(graph)(run as never, input);
      return { result, cost: await run.cost() };
    },
    { budget: "1.00" },
  );
  const { result, cost } = await research.run({ topic: "insects" });
  const names = ["ants", "bees", "plan", "wasps", "write"];
  expect(Object.keys(result.notes).toSorted()).toEqual(names);
  const steps = Object.fromEntries(cost.steps.map(({ name, cost: price }) => [name, Number(price)]));
  expect(steps).toEqual(Object.fromEntries(names.map((name) => [name, PRICE])));
  expect(Number(cost.total)).toBeCloseTo(5 * PRICE, 9);
  expect(cost.abandoned).toBe("0.00");
});

test("pauses at the cap and goes on at the stopped node in another process: what is done is neither done nor paid again", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const first = processOf(database, simulator, { retried: true });
  const workflow = first.wflo.workflow("research", first.graph, { budget: SHORT });
  const refusal = (await settled(workflow.run({ topic: "insects" }))) as { runId?: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const paid = simulator.requests.length;
  expect(paid).toBeGreaterThan(1);
  expect(paid).toBeLessThan(5);
  const runId = refusal.runId ?? "";
  expect((await first.wflo.runs.get(runId))?.status).toBe("paused");

  const second = processOf(database, simulator);
  const again = second.wflo.workflow("research", second.graph, { budget: SHORT });
  const result = (await again.resume(runId, { topUp: { to: "1.00" } })) as { notes: object };
  expect(Object.keys(result.notes).toSorted()).toEqual(["ants", "bees", "plan", "wasps", "write"]);
  expect(simulator.requests).toHaveLength(5);
  expect(second.ran).not.toContain("plan");
  const details = await second.wflo.runs.get(runId);
  expect(details?.status).toBe("completed");
  expect(Number(details?.cost.total)).toBeCloseTo(5 * PRICE, 9);
});

test("lets the branches beside a refused one come to their end, and keeps them", async () => {
  const database = memoryDatabase();
  const slow = { ...ANSWER, latencyMs: 150 };
  const simulator = await simulate(({ index }) => (index === 0 ? ANSWER : slow));
  const { wflo, graph } = processOf(database, simulator);
  const run = wflo.workflow("research", graph, { budget: SHORT });
  const refusal = (await settled(run.run({ topic: "insects" }))) as { runId: string };
  const state = await graph.getState({ configurable: { thread_id: refusal.runId } });
  const done = state.tasks.filter(({ result }) => (result as unknown) !== undefined);
  expect(simulator.requests.length).toBe(1 + done.length);
  expect(done.length).toBeGreaterThan(0);
  expect(state.next.length + done.length).toBeGreaterThanOrEqual(3);
});

test("stops graphs whose models nobody wrapped as well", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const first = processOf(database, simulator, { isMetered: false });
  const workflow = first.wflo.workflow("research", first.graph, { budget: SHORT });
  const refusal = (await settled(workflow.run({ topic: "insects" }))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const second = processOf(database, simulator, { isMetered: false });
  const again = second.wflo.workflow("research", second.graph);
  await again.resume(refusal.runId, { topUp: { to: "1.00" } });
  expect(simulator.requests).toHaveLength(5);
});

test("streams a graph, and throws the refusal at its end", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const { wflo, graph } = processOf(database, simulator);
  const streaming = graphWorkflow<{ topic: string }, AsyncIterable<object>>(graph, { streamMode: "updates" });
  const workflow = wflo.workflow("research", streaming, { budget: SHORT });
  const nodes: string[] = [];
  const reading = async () => {
    for await (const update of await workflow.run({ topic: "insects" })) nodes.push(...Object.keys(update));
  };
  const refusal = (await settled(reading())) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect(nodes).toContain("plan");
  expect(nodes).not.toContain("write");
  for await (const update of await workflow.resume(refusal.runId, { topUp: { to: "1.00" } }))
    nodes.push(...Object.keys(update));
  expect(nodes).toContain("write");
  expect(simulator.requests).toHaveLength(5);
});

test("pauses for an interrupt and goes on with its answer", async () => {
  const database = memoryDatabase();
  const wflo = createWflo({ database, logger: false });
  onTestFinished(() => wflo.close());
  const graph = new StateGraph(Notes)
    .addNode("ask", () => ({ notes: { decision: String(interrupt("May I?")) } }))
    .addEdge(START, "ask")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const workflow = wflo.workflow("ask", graph);
  const waiting = (await settled(workflow.run({ topic: "x" }))) as RunInterruptedError;
  expect(waiting).toBeInstanceOf(RunInterruptedError);
  expect(waiting.interrupts).toMatchObject([{ value: "May I?" }]);
  expect((await wflo.runs.get(waiting.runId))?.status).toBe("paused");
  expect(await workflow.resume(waiting.runId, { answer: "yes" })).toMatchObject({
    notes: { decision: "yes" },
  });
});

test("stops at a refusal inside a subgraph and inside tasks that were sent, and goes on there", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const build = () => {
    const wflo = createWflo({ database, logger: false, waitMs: 300, settle: "background" });
    onTestFinished(() => wflo.close().catch(() => {}));
    const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
    const ask = async ({ topic }: typeof Notes.State) => ({
      notes: { [topic]: (await model.invoke(topic)).text },
    });
    const inner = new StateGraph(Notes)
      .addNode("ask", ask)
      .addNode("check", ask)
      .addEdge(START, "ask")
      .addEdge("ask", "check")
      .compile();
    const graph = new StateGraph(Notes)
      .addNode("each", async ({ topic }) => ({ notes: (await inner.invoke({ topic, notes: {} })).notes }))
      .addConditionalEdges(START, () =>
        ["a", "b", "c"].map((topic) => new Send("each", { topic, notes: {} })),
      )
      .compile({ checkpointer: new WfloSaver({ database }) });
    return wflo.workflow("tree", graph, { budget: SHORT });
  };
  const refusal = (await settled(build().run({ topic: "all" }))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const result = (await build().resume(refusal.runId, { topUp: { to: "1.00" } })) as { notes: object };
  expect(Object.keys(result.notes).toSorted()).toEqual(["a", "b", "c"]);
  expect(simulator.requests).toHaveLength(6);
});

test("stops an agent inside a graph, whatever retries stand around, and goes on there", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([
    { ...ANSWER, toolCalls: [{ name: "look", arguments: {} }] },
    { ...ANSWER, toolCalls: [{ name: "look", arguments: {} }] },
    { ...ANSWER, toolCalls: [{ name: "look", arguments: {} }] },
    ANSWER,
  ]);
  const looked: string[] = [];
  const look = tool(() => (looked.push("x"), "nothing"), {
    name: "look",
    description: "Looks.",
    schema: { type: "object", properties: {} },
  });
  const build = () => {
    const wflo = createWflo({ database, logger: false, settle: "background" });
    onTestFinished(() => wflo.close().catch(() => {}));
    const agent = createAgent({
      model: chatModel(simulator, { maxTokens: 200 }),
      tools: [look],
      middleware: [
        modelRetryMiddleware({
          maxRetries: 2,
          initialDelayMs: 1,
          retryOn: () => false,
          onFailure: "error",
        }) as AgentMiddleware,
        wfloAgentMiddleware(),
      ],
      checkpointer: new WfloSaver({ database }),
    });
    return wflo.workflow("agent", agent, { budget: SHORT });
  };
  const refusal = (await settled(build().run({ messages: [new HumanMessage("go")] }))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  const paid = simulator.requests.length;
  const result = (await build().resume(refusal.runId, { topUp: { to: "1.00" } })) as { messages: unknown[] };
  expect(simulator.requests).toHaveLength(4);
  expect(paid).toBeGreaterThan(0);
  expect(result.messages).toHaveLength(8);
  expect(looked).toHaveLength(3);
  const stored = (await createWflo({ database, logger: false }).runs.get(refusal.runId))?.result;
  expect(JSON.stringify(stored)).toContain("HumanMessage");
});

test("works on a thread of the caller's, turn after turn, with any checkpointer", async () => {
  const database = memoryDatabase();
  const simulator = await simulate([ANSWER]);
  const wflo = createWflo({ database, logger: false });
  onTestFinished(() => wflo.close());
  const model = meterChatModel(chatModel(simulator));
  const Turns = Annotation.Root({
    said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  });
  const graph = new StateGraph(Turns)
    .addNode("reply", async () => ({ said: [(await model.invoke("hello")).text] }))
    .addEdge(START, "reply")
    .compile({ checkpointer: new MemorySaver() });
  const chat = wflo.workflow(
    "chat",
    graphWorkflow<{ user: string }, { said: string[] }>(graph, {
      threadId: ({ user }) => user,
      input: ({ user }) => ({ said: [user] }),
    }),
  );
  await chat.run({ user: "ann" });
  expect((await chat.run({ user: "ann" })).said).toHaveLength(4);
  expect(await wflo.calls.list({ thread: "langgraph/ann" })).toHaveLength(2);
});

test("says that a graph needs a checkpointer", () => {
  const wflo = createWflo({ logger: false });
  onTestFinished(() => wflo.close());
  const graph = new StateGraph(Notes)
    .addNode("n", () => ({}))
    .addEdge(START, "n")
    .compile();
  expect(() => wflo.workflow("x", graph)).toThrow(/checkpointer: new WfloSaver/);
});
