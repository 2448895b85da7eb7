import { Annotation, Command, DeltaChannel, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { TASKS, type BaseCheckpointSaver, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { InvalidOptionError } from "@wflo/core";
import { expect, test } from "vitest";
import { ParentGoneError, type WfloSaver } from "../src/index.ts";
import type { OpenSaver } from "./graph-cases.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const FAR = new Date("2999-01-01");

const Log = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
});
const Delta = Annotation.Root({
  log: () =>
    new DeltaChannel<string[], string[]>((log, writes) => log.concat(writes.flat()), {
      snapshotFrequency: 20,
    }),
});

function chat(checkpointer: WfloSaver) {
  return new StateGraph(Log)
    .addNode("n", ({ log }) => ({ log: [`saw ${log.length}`] }))
    .addEdge(START, "n")
    .addEdge("n", END)
    .compile({ checkpointer });
}

function deltaChat(checkpointer: WfloSaver) {
  return new StateGraph(Delta)
    .addNode("n", ({ log }) => ({ log: [`saw ${log.length}`] }))
    .addEdge(START, "n")
    .addEdge("n", END)
    .compile({ checkpointer });
}

/** Asks within a subgraph, after a step in it. */
function asking(checkpointer: WfloSaver, runs: string[] = []) {
  const inner = new StateGraph(Log)
    .addNode("first", () => {
      runs.push("first");
      return { log: ["first"] };
    })
    .addNode("ask", () => ({ log: [`was told ${String(interrupt("may I?"))}`] }))
    .addEdge(START, "first")
    .addEdge("first", "ask")
    .compile();
  return new StateGraph(Log)
    .addNode("before", () => {
      runs.push("before");
      return { log: ["before"] };
    })
    .addNode("inner", inner)
    .addEdge(START, "before")
    .addEdge("before", "inner")
    .compile({ checkpointer });
}

/** All checkpoints of a thread, in every namespace. */
export async function tuplesOfThread(
  saver: BaseCheckpointSaver,
  threadId: string,
): Promise<CheckpointTuple[]> {
  const found: CheckpointTuple[] = [];
  for await (const tuple of saver.list({ configurable: { thread_id: threadId } })) found.push(tuple);
  return found;
}

/** What a prune leaves. */
export function pruneCases(open: OpenSaver): void {
  const newThread = () => ({ configurable: { thread_id: crypto.randomUUID() } });
  const idOf = (thread: ReturnType<typeof newThread>) => thread.configurable.thread_id;

  test("a pruned thread has its last checkpoints, and goes on as if it had all", async () => {
    const [warm, thread, twin] = [open(), newThread(), newThread()];
    for (const config of [thread, twin]) {
      for (let turn = 0; turn < 6; turn++) await chat(warm).invoke({ log: [`turn ${turn}`] }, config);
    }
    const before = await tuplesOfThread(open(), idOf(thread));
    const pruned = await open().prune({ threadId: idOf(thread), keepLast: 3 });
    expect(pruned).toMatchObject({ threads: 1, checkpoints: before.length - 3, busy: [] });
    expect(pruned.writes).toBeGreaterThan(0);
    expect(await tuplesOfThread(open(), idOf(thread))).toEqual(before.slice(0, 3));
    expect(await tuplesOfThread(open(), idOf(twin))).toHaveLength(before.length);
    // One that knows the thread from before, and one that does not.
    for (const saver of [warm, open()]) {
      const expected = await chat(saver).invoke({ log: ["more"] }, twin);
      expect(await chat(saver).invoke({ log: ["more"] }, thread)).toEqual(expected);
      expect((await chat(open()).getState(thread)).values).toEqual(expected);
    }
    const again = await open().prune({ threadId: idOf(thread), keepLast: 1_000 });
    expect(again).toEqual({ threads: 0, checkpoints: 0, writes: 0, elements: 0, busy: [] });
  });

  test("every branch of a pruned thread keeps its head, and its own state", async () => {
    const [graph, thread] = [chat(open()), newThread()];
    await graph.invoke({ log: ["root"] }, thread);
    const base = (await graph.getState(thread)).config;
    await graph.invoke({ log: ["A"] }, base);
    const a = await graph.getState(thread);
    await graph.invoke({ log: ["B"] }, base);
    const b = await graph.getState(thread);
    await open().prune({ threadId: idOf(thread), keepLast: 1 });
    const left = await tuplesOfThread(open(), idOf(thread));
    expect(left.map(({ checkpoint }) => checkpoint.id).toSorted()).toEqual(
      [a, b].map(({ config }) => config.configurable?.["checkpoint_id"] as string).toSorted(),
    );
    for (const head of [a, b]) {
      expect((await chat(open()).getState(head.config)).values).toEqual(head.values);
      const { log } = await chat(open()).invoke({ log: ["more"] }, head.config);
      expect(log.slice(0, -2)).toEqual((head.values as typeof Log.State).log);
    }
  });

  test.each([{ keepLast: 1 }, { olderThan: FAR }])(
    "an interrupted run goes on after %j, with the step of its subgraph that was done",
    async (rule) => {
      const runs: string[] = [];
      const thread = newThread();
      for (const text of ["one", "two"]) {
        await asking(open(), runs).invoke({ log: [text] }, thread);
        const pruned = await open().prune({ threadId: idOf(thread), ...rule });
        expect(pruned.checkpoints).toBeGreaterThan(0);
        const state = await asking(open()).getState(thread, { subgraphs: true });
        expect([state.next, state.tasks[0]?.interrupts[0]?.value]).toEqual([["inner"], "may I?"]);
        await asking(open(), runs).invoke(new Command({ resume: `yes ${text}` }), thread);
      }
      const { log } = (await asking(open()).getState(thread)).values as typeof Log.State;
      expect(log.at(-1)).toBe("was told yes two");
      expect(runs).toEqual(["before", "first", "before", "first"]);
    },
  );

  test("the checkpoints of a subgraph go with the checkpoint that called it", async () => {
    const thread = newThread();
    await asking(open()).invoke({ log: ["one"] }, thread);
    await asking(open()).invoke(new Command({ resume: "yes" }), thread);
    await open().prune({ threadId: idOf(thread), keepLast: 1 });
    const left = await tuplesOfThread(open(), idOf(thread));
    expect(left.map(({ config }) => config.configurable?.["checkpoint_ns"] as string)).toEqual([""]);
  });

  test("a delta channel is read and gone on with after a prune", async () => {
    const thread = newThread();
    const live: unknown[] = [];
    for (let turn = 0; turn < 36; turn++) {
      live.push((await deltaChat(open()).invoke({ log: [`turn ${turn}`] }, thread)).log);
      if (turn % 12 === 11) await open().prune({ threadId: idOf(thread), keepLast: 2 });
    }
    expect((await deltaChat(open()).getState(thread)).values).toEqual({ log: live.at(-1) });
    const { log } = await deltaChat(open()).invoke({ log: ["more"] }, thread);
    expect(log.slice(0, -2)).toEqual(live.at(-1));
    // What is kept ends at the last snapshot, however long the thread is.
    expect((await tuplesOfThread(open(), idOf(thread))).length).toBeLessThan(36);
  });

  test("sends that an old version kept at the parent are there after a prune", async () => {
    const [saver, thread] = [open(), newThread()];
    const old = (values: Record<string, unknown>) => ({ ...checkpointOf(values), v: 3 });
    const root = await putAll(saver, thread, old({ notes: ["a"] }));
    const parent = await putAll(saver, root, old({ notes: ["a", "b"] }));
    await saver.putWrites(parent, [[TASKS, { node: "n", args: 1 }]], "t");
    const head = await putAll(saver, parent, old({ notes: ["a", "b", "c"] }));
    const before = await saver.getTuple(head);
    expect(await open().prune({ threadId: idOf(thread), keepLast: 1 })).toMatchObject({ checkpoints: 1 });
    expect(await open().getTuple(head)).toEqual(before);
  });

  test("by age, threads go as a whole that are at rest, and others stay by their heads", async () => {
    const [done, waiting, active] = [newThread(), newThread(), newThread()];
    await chat(open()).invoke({ log: ["a"] }, done);
    await asking(open()).invoke({ log: ["a"] }, waiting);
    await chat(open()).invoke({ log: ["a"] }, active);
    const cut = (await tuplesOfThread(open(), idOf(active))).length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    const olderThan = new Date();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await chat(open()).invoke({ log: ["b"] }, active);
    for (const thread of [done, waiting, active]) await open().prune({ threadId: idOf(thread), olderThan });
    expect(await tuplesOfThread(open(), idOf(done))).toEqual([]);
    expect((await asking(open()).getState(waiting)).next).toEqual(["inner"]);
    expect(await tuplesOfThread(open(), idOf(active))).toHaveLength(cut);
    const kept = { threadId: idOf(active), olderThan: FAR, keepLast: 2 };
    expect(await open().prune(kept)).toMatchObject({ checkpoints: cut - 2 });
    expect(await chat(open()).invoke({ log: ["c"] }, done)).toEqual({ log: ["c", "saw 1"] });
  });

  test("a run whose thread was pruned away writes its whole state, or is refused where it cannot", async () => {
    const [plain, delta, warm] = [newThread(), newThread(), open()];
    const { log } = await chat(warm).invoke({ log: ["a"] }, plain);
    await deltaChat(warm).invoke({ log: ["a"] }, delta);
    const during = (prune: () => Promise<unknown>) => async () => {
      await prune();
      return { log: ["during"] };
    };
    const graphOn = <State extends typeof Log | typeof Delta>(state: State, threadId: string) =>
      new StateGraph(state as typeof Log)
        .addNode(
          "n",
          during(async () => {
            // Everything, as if this run had begun long ago and saved nothing yet.
            // LangGraph saves a run's first two checkpoints while its first node works: they are to be there, beside three of before.
            await expect.poll(async () => (await tuplesOfThread(open(), threadId)).length).toBe(5);
            await open().deleteForRuns(["everything"]);
          }),
        )
        .addEdge(START, "n")
        .compile({ checkpointer: warm });
    const named = { metadata: { run_id: "everything" } };
    await graphOn(Log, idOf(plain)).invoke({ log: ["b"] }, { ...plain, ...named });
    expect((await chat(open()).getState(plain)).values).toEqual({ log: [...log, "b", "during"] });
    const refused = graphOn(Delta, idOf(delta)).invoke({ log: ["b"] }, { ...delta, ...named });
    await expect(refused).rejects.toThrow(ParentGoneError);
    await expect(refused).rejects.toThrow(/delta channel log/);
  });

  test("a prune that is ended goes on where it was the next time", async () => {
    const saver = open();
    const threads = Array.from({ length: 4 }, newThread);
    for (const thread of threads) await chat(saver).invoke({ log: ["a"] }, thread);
    const end = new AbortController();
    const ended = new Error("ended");
    end.abort(ended);
    await expect(saver.prune({ keepLast: 1, signal: end.signal })).rejects.toThrow(ended);
    const { threads: count } = await saver.prune({ keepLast: 1 });
    expect(count).toBeGreaterThanOrEqual(4);
    for (const thread of threads) expect(await tuplesOfThread(saver, idOf(thread))).toHaveLength(1);
  });

  test("a prune that does not say what may go is refused", async () => {
    const refused = [{}, { keepLast: 0 }, { keepLast: 1.5 }, { olderThan: -1 }, { olderThan: new Date("x") }];
    for (const options of refused) {
      await expect(open().prune(options)).rejects.toThrow(InvalidOptionError);
    }
  });
}
