import { createWflo, memoryDatabase } from "@wflo/core";
import { meterChatModel, threadCost, wfloAgentMiddleware, WfloSaver } from "@wflo/langgraph";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, Command, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { expect, onTestFinished, test } from "vitest";
import { chatModel, lines, newWflo, settled, simulate } from "./metering-desk.ts";

const HELLO = { messages: [new HumanMessage("hello")] };
const THREAD = { configurable: { thread_id: "1" } };
const NOTHING = { type: "object" as const, properties: {} };

test("has the tools of a thread in its cost, with their agent and node", async () => {
  const simulator = await simulate([{ toolCalls: [{ name: "look", arguments: {} }] }, { text: "done" }]);
  const wflo = await newWflo();
  const saver = new WfloSaver({ database: memoryDatabase() });
  const agent = createAgent({
    name: "looker",
    model: chatModel(simulator),
    tools: [tool(() => "nothing", { name: "look", description: "Looks.", schema: NOTHING })],
    checkpointer: saver,
    middleware: [wfloAgentMiddleware({ wflo, budgets: ["user"], tools: { look: { price: "0.01" } } })],
  });
  await agent.invoke(HELLO, THREAD);
  await lines(wflo, 3);
  const cost = await threadCost(wflo, saver, { threadId: "1" });
  expect(cost.tools).toEqual([{ name: "look", cost: "0.01", calls: 1 }]);
  expect(cost.nodes.map(({ name }) => name)).toContain("tools");
  expect(cost.agents).toMatchObject([{ name: "looker", calls: 3 }]);
});

test("charges a tool once that stops to ask a person", async () => {
  const simulator = await simulate([{ toolCalls: [{ name: "ask", arguments: {} }] }, { text: "done" }]);
  const wflo = await newWflo();
  const agent = createAgent({
    model: chatModel(simulator),
    tools: [tool(() => String(interrupt("May I?")), { name: "ask", description: "Asks.", schema: NOTHING })],
    checkpointer: new MemorySaver(),
    middleware: [wfloAgentMiddleware({ wflo, budgets: ["user"], tools: { ask: { price: "0.01" } } })],
  });
  await agent.invoke(HELLO, THREAD);
  await agent.invoke(new Command({ resume: "yes" }) as never, THREAD);
  const found = (await lines(wflo, 4)).filter(({ provider }) => provider === "tool");
  expect(found.map(({ kind, charged }) => [kind, charged])).toEqual([
    ["void", "0.00"],
    ["settle", "0.01"],
  ]);
});

test("lets a branch end and keeps it when the budget is busy with it for another", async () => {
  const simulator = await simulate([{ inputTokens: 300, outputTokens: 100, latencyMs: 900 }]);
  const database = memoryDatabase();
  const wflo = createWflo({ database, logger: false, waitMs: 100, settle: "background" });
  onTestFinished(() => wflo.close().catch(() => {}));
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }));
  const Notes = Annotation.Root({
    notes: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  });
  const node = (name: string) => async () => {
    await model.invoke(name);
    return { notes: [name] };
  };
  const graph = new StateGraph(Notes)
    .addNode("one", node("one"))
    .addNode("two", node("two"))
    .addEdge(START, "one")
    .addEdge(START, "two")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const workflow = wflo.workflow("pair", graph, { budget: "0.0002" });
  expect(await settled(workflow.run({ notes: [] }))).toMatchObject({ code: "WFLO_BUDGET_BUSY" });
  const [run] = await wflo.runs.list();
  expect(run?.status).toBe("paused");
  const { notes } = (await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } })) as { notes: string[] };
  expect(notes.toSorted()).toEqual(["one", "two"]);
  expect(simulator.requests).toHaveLength(2);
});

test("takes an agent whose name is longer than the ledger has room for", async () => {
  const simulator = await simulate([{ text: "done" }]);
  const wflo = await newWflo();
  const agent = createAgent({
    name: "a".repeat(250),
    model: chatModel(simulator),
    tools: [],
    middleware: [wfloAgentMiddleware({ wflo, budgets: ["user"] })],
  });
  await agent.invoke(HELLO);
  expect((await lines(wflo, 1))[0]?.agent).toHaveLength(200);
});
