import { memoryDatabase, type Database } from "@wflo/core";
import { graphWorkflow, WfloSaver } from "@wflo/langgraph";
import { Annotation, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { clientOf, settled } from "./metering-desk.ts";

const State = Annotation.Root({ topic: Annotation<string>, said: Annotation<string> });
type Outcome = { readonly said: string };

/** A workflow whose runs share a thread. `fails`: whether the saver is away for the next checkpoint. */
function desk(saverOf: (database: Database) => BaseCheckpointSaver, metadata?: Record<string, unknown>) {
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const away = { fails: false };
  const saver = saverOf(database);
  const put = saver.put.bind(saver);
  saver.put = async (...asked) => {
    if (!away.fails) return put(...asked);
    away.fails = false;
    throw new Error("the database is away");
  };
  const graph = new StateGraph(State)
    .addNode("answer", ({ topic }) => ({ said: `on ${topic}` }))
    .addEdge(START, "answer")
    .compile({ checkpointer: saver });
  const options = { threadId: () => "t", ...(metadata && { config: { metadata } }) };
  const workflow = wflo.workflow("shared", graphWorkflow<{ topic: string }, Outcome>(graph, options));
  return { wflo, away, graph, workflow };
}

const savers: [string, (database: Database) => BaseCheckpointSaver][] = [
  ["wflo's saver", (database) => new WfloSaver({ database })],
  ["LangGraph's saver in memory", () => new MemorySaver()],
];

test.each(savers)("does not return what another run came to on %s as its own", async (_, saverOf) => {
  const { wflo, away, workflow } = desk(saverOf);
  away.fails = true;
  await expect(workflow.run({ topic: "bees" })).rejects.toThrow("away");
  const [lost] = await wflo.runs.list();
  expect((await workflow.run({ topic: "wasps" })).said).toBe("on wasps");
  const outcome = await settled(workflow.resume(lost?.id ?? ""));
  expect(outcome).toMatchObject({ code: "WFLO_RUN_NOT_RESUMABLE" });
});

test("starts with its input when none of it came into the thread", async () => {
  const { wflo, away, graph, workflow } = desk(() => new MemorySaver());
  away.fails = true;
  await expect(workflow.run({ topic: "bees" })).rejects.toThrow("away");
  const [lost] = await wflo.runs.list();
  await graph.updateState({ configurable: { thread_id: "t" } }, { said: "by hand" });
  expect((await workflow.resume(lost?.id ?? "")).said).toBe("on bees");
});

test("is found by its own id for a deletion, whatever run its caller's metadata name", async () => {
  const { wflo, graph, workflow } = desk((database) => new WfloSaver({ database }), { run_id: "mine" });
  await workflow.run({ topic: "bees" });
  const [run] = await wflo.runs.list();
  await (graph.checkpointer as WfloSaver).deleteForRuns([run?.id ?? ""]);
  expect((await graph.getState({ configurable: { thread_id: "t" } })).values).toEqual({});
});
