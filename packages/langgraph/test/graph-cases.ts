import { AIMessage, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  Annotation,
  Command,
  DeltaChannel,
  END,
  interrupt,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { createAgent } from "langchain";
import { expect, test } from "vitest";
import type { WfloSaver } from "../src/index.ts";

/** Opens one more saver on the same threads, as another process would. */
export type OpenSaver = () => WfloSaver;

const Log = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
});

function oneNode(checkpointer: WfloSaver) {
  return new StateGraph(Log)
    .addNode("n", (state) => ({ log: [`saw ${state.log.join("+")}`] }))
    .addEdge(START, "n")
    .addEdge("n", END)
    .compile({ checkpointer });
}

/** What real graphs of LangGraph get from a saver. `newThread` gives a config of a thread nobody has used. */
export function graphCases(open: OpenSaver): void {
  let threads = 0;
  const newThread = () => ({ configurable: { thread_id: `graph-${++threads}-${crypto.randomUUID()}` } });

  test("a fork and the branch it left each read their own state", async () => {
    const graph = oneNode(open());
    const thread = newThread();
    await graph.invoke({ log: ["root"] }, thread);
    const base = (await graph.getState(thread)).config;
    await graph.invoke({ log: ["A"] }, base);
    const a = (await graph.getState(thread)).config;
    const aThen = (await graph.getState(a)).values as unknown;
    const result = await graph.invoke({ log: ["B"] }, base);
    const other = oneNode(open());
    expect((await other.getState(a)).values).toEqual(aThen);
    expect((await other.getState(thread)).values).toEqual(result);
  });

  test("two runs of one thread at once each keep what they came to", async () => {
    const thread = newThread();
    await oneNode(open()).invoke({ log: ["root"] }, thread);
    const results = await Promise.all(
      ["X", "Y"].map(async (log) => (await oneNode(open()).invoke({ log: [log] }, thread)).log),
    );
    const ends: unknown[] = [];
    for await (const state of oneNode(open()).getStateHistory(thread)) {
      const { log } = state.values as { log?: string[] };
      if (state.next.length === 0 && (log?.length ?? 0) > 2) ends.push(log);
    }
    const byText = (lists: readonly unknown[]) => lists.map((list) => JSON.stringify(list)).toSorted();
    expect(byText(ends)).toEqual(byText(results));
  });

  test("a delta channel that four nodes write at once reads back in the order it had", async () => {
    const names = ["n0", "n1", "n2", "n3"] as const;
    const State = Annotation.Root({
      log: () => new DeltaChannel<string[], string[]>((log, writes) => log.concat(writes.flat())),
    });
    for (let round = 0; round < 8; round++) {
      const builder = new StateGraph(State);
      for (const name of names) {
        const graph = builder.addNode(name, () => ({ log: [name] })) as unknown as {
          addEdge(from: string, to: string): void;
        };
        graph.addEdge(START, name);
        graph.addEdge(name, END);
      }
      const graph = builder.compile({ checkpointer: open() });
      const thread = newThread();
      const live: unknown = await graph.invoke({ log: ["in"] }, thread);
      expect((await graph.getState(thread)).values).toEqual(live);
    }
  });

  test("a graph that was interrupted goes on with the answer, in another process", async () => {
    const runs: string[] = [];
    const graphOn = (checkpointer: WfloSaver) =>
      new StateGraph(Log)
        .addNode("before", () => {
          runs.push("before");
          return { log: ["before"] };
        })
        .addNode("ask", () => ({ log: [`was told ${String(interrupt("may I?"))}`] }))
        .addEdge(START, "before")
        .addEdge("before", "ask")
        .addEdge("ask", END)
        .compile({ checkpointer });
    const thread = newThread();
    await graphOn(open()).invoke({ log: [] }, thread);
    const state = await graphOn(open()).getState(thread);
    expect([state.next, state.tasks[0]?.interrupts[0]?.value]).toEqual([["ask"], "may I?"]);
    const result = await graphOn(open()).invoke(new Command({ resume: "yes" }), thread);
    expect(result).toEqual({ log: ["before", "was told yes"] });
    expect(runs).toEqual(["before"]);
  });

  test("a node that failed is run again, those beside it are not", async () => {
    const runs: string[] = [];
    let isBroken = true;
    const graphOn = (checkpointer: WfloSaver) =>
      new StateGraph(Log)
        .addNode("good", () => {
          runs.push("good");
          return { log: ["good"] };
        })
        .addNode("bad", async () => {
          runs.push("bad");
          await new Promise((resolve) => setTimeout(resolve, 50));
          if (isBroken) throw new Error("broken");
          return { log: ["repaired"] };
        })
        .addEdge(START, "good")
        .addEdge(START, "bad")
        .compile({ checkpointer });
    const thread = newThread();
    await expect(graphOn(open()).invoke({ log: [] }, thread)).rejects.toThrow("broken");
    isBroken = false;
    expect((await graphOn(open()).invoke(null, thread)).log.toSorted()).toEqual(["good", "repaired"]);
    expect(runs.toSorted()).toEqual(["bad", "bad", "good"]);
  });

  test("a thread goes on from an earlier checkpoint, and an edited one", async () => {
    const graph = oneNode(open());
    const thread = newThread();
    for (const log of ["1", "2", "3"]) await graph.invoke({ log: [log] }, thread);
    const history: { config: object; values: { log: string[] } }[] = [];
    for await (const state of graph.getStateHistory(thread)) history.push(state as (typeof history)[number]);
    expect(history.map(({ values }) => values.log?.length ?? 0)).toEqual([6, 5, 4, 4, 3, 2, 2, 1, 0]);
    const early = history.find(({ values }) => values.log.length === 2);
    const again = await graph.invoke({ log: ["other"] }, early?.config);
    expect(again.log).toEqual(["1", "saw 1", "other", "saw 1+saw 1+other"]);
    const edited = await graph.updateState(early?.config ?? {}, { log: ["edit"] }, "n");
    expect(((await graph.getState(edited)).values as { log: string[] }).log).toEqual(["1", "saw 1", "edit"]);
    expect(((await graph.getState(thread)).values as { log: string[] }).log).toEqual(["1", "saw 1", "edit"]);
  });

  test("a subgraph keeps its state under its own namespace", async () => {
    const inner = new StateGraph(Log)
      .addNode("ask", () => ({ log: [`inner was told ${String(interrupt("inner?"))}`] }))
      .addEdge(START, "ask")
      .compile();
    const graphOn = (checkpointer: WfloSaver) =>
      new StateGraph(Log).addNode("sub", inner).addEdge(START, "sub").compile({ checkpointer });
    const thread = newThread();
    await graphOn(open()).invoke({ log: ["in"] }, thread);
    const state = await graphOn(open()).getState(thread, { subgraphs: true });
    expect(state.tasks[0]?.state).toMatchObject({ next: ["ask"] });
    const namespaces = new Set<unknown>();
    for await (const { config } of open().list(thread))
      namespaces.add(config.configurable?.["checkpoint_ns"]);
    expect(new Set([...namespaces].map((name) => String(name).split(":")[0]))).toEqual(new Set(["", "sub"]));
    const result = await graphOn(open()).invoke(new Command({ resume: "ok" }), thread);
    expect(result.log).toContain("inner was told ok");
  });

  test("an agent of createAgent remembers its conversation", async () => {
    const agentOn = (checkpointer: WfloSaver, response: string) =>
      createAgent({ model: new FakeListChatModel({ responses: [response] }), tools: [], checkpointer });
    const thread = newThread();
    await agentOn(open(), "one").invoke({ messages: [new HumanMessage("first")] }, thread);
    const { messages } = await agentOn(open(), "two").invoke(
      { messages: [new HumanMessage("second")] },
      thread,
    );
    expect(messages.map(({ text }) => text)).toEqual(["first", "one", "second", "two"]);
    expect(messages.map((message) => message instanceof AIMessage)).toEqual([false, true, false, true]);
  });

  test("messages come back as instances of their classes, once each", async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("n", ({ messages }) => ({
        messages: [new AIMessage({ id: `a${messages.length}`, content: "hi" })],
      }))
      .addEdge(START, "n")
      .compile({ checkpointer: open() });
    const thread = newThread();
    for (let turn = 0; turn < 5; turn++) {
      await graph.invoke({ messages: [new HumanMessage({ id: `h${turn}`, content: "hello" })] }, thread);
    }
    const { messages } = (await graph.getState(thread)).values as { messages: BaseMessage[] };
    expect(messages.map(({ id }) => id)).toEqual([
      "h0",
      "a1",
      "h1",
      "a3",
      "h2",
      "a5",
      "h3",
      "a7",
      "h4",
      "a9",
    ]);
  });
}
