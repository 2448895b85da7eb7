import { Annotation, Command, DeltaChannel, interrupt, START, StateGraph } from "@langchain/langgraph";
import { uuid6, type BaseCheckpointSaver, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { InvalidOptionError } from "@wflo/core";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { countedDatabase } from "./counted-database.ts";
import type { OpenSaver } from "./graph-cases.ts";
import { checkpointOf } from "./saver-cases.ts";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
  delta: () => new DeltaChannel<string[], string[]>((log, writes) => log.concat(writes.flat())),
});

/** Two nodes at once, then a subgraph that asks. */
function graphOn(checkpointer: BaseCheckpointSaver) {
  const inner = new StateGraph(State)
    .addNode("ask", ({ log }) => ({
      log: [log.includes("ask") ? `was told ${String(interrupt("?"))}` : "quiet"],
    }))
    .addEdge(START, "ask")
    .compile();
  return new StateGraph(State)
    .addNode("one", () => ({ log: ["one"], delta: ["one"] }))
    .addNode("two", () => ({ log: ["two"], delta: ["two"] }))
    .addNode("inner", inner)
    .addEdge(START, "one")
    .addEdge(START, "two")
    .addEdge(["one", "two"], "inner")
    .compile({ checkpointer });
}

async function tuplesIn(saver: BaseCheckpointSaver, threadId: string): Promise<CheckpointTuple[]> {
  const found: CheckpointTuple[] = [];
  for await (const tuple of saver.list({ configurable: { thread_id: threadId } })) found.push(tuple);
  const keyOf = ({ config, checkpoint }: CheckpointTuple) =>
    `${String(config.configurable?.["checkpoint_ns"])} ${checkpoint.id}`;
  return found.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** What two savers should both say of a thread. LangGraph's saver in memory also has what channels are before they have a version. */
function plain(tuples: readonly CheckpointTuple[]): unknown {
  const rows = tuples.map(({ config, checkpoint, metadata, parentConfig, pendingWrites = [] }) => {
    const values = Object.entries(checkpoint.channel_values);
    const versioned = values.filter(([name]) => Object.hasOwn(checkpoint.channel_versions, name));
    const channel_values = Object.fromEntries(versioned);
    return {
      config,
      checkpoint: { ...checkpoint, channel_values },
      metadata,
      parentConfig,
      pendingWrites,
    };
  });
  return JSON.parse(JSON.stringify(rows));
}

/** Makes a thread and returns its id: turns, a fork, and an interrupt within a subgraph. */
export async function play(saver: BaseCheckpointSaver): Promise<string> {
  const thread = { configurable: { thread_id: crypto.randomUUID() } };
  const graph = graphOn(saver);
  await graph.invoke({ log: ["hello"] }, thread);
  const { config } = await graph.getState(thread);
  await graph.invoke({ log: ["again"] }, thread);
  await graph.invoke({ log: ["branch"] }, config);
  await graph.invoke({ log: ["ask"] }, thread);
  return thread.configurable.thread_id;
}

/** How many times as many bytes a thread takes that is imported as one that was made here. */
export async function bytesOfImport(source: BaseCheckpointSaver, turns: number): Promise<number> {
  const [imported, native] = [countedDatabase(), countedDatabase()];
  const thread = { configurable: { thread_id: crypto.randomUUID() } };
  for (const saver of [source, new WfloSaver({ database: native.database })]) {
    const graph = new StateGraph(State)
      .addNode("n", ({ log }) => ({ log: [`saw ${log.length}`], delta: ["saw"] }))
      .addEdge(START, "n")
      .compile({ checkpointer: saver });
    for (let turn = 0; turn < turns; turn++) await graph.invoke({ log: [`${turn} `.repeat(50)] }, thread);
  }
  await new WfloSaver({ database: imported.database }).importFrom(source);
  return imported.bytes() / native.bytes();
}

/** Threads that come from another saver, of which `source` opens a new one. */
export function importCases(open: OpenSaver, source: () => Promise<BaseCheckpointSaver>): void {
  test("an imported thread reads as it did, and goes on", async () => {
    const other = await source();
    const threadIds = [await play(other), await play(other)];
    const seen: unknown[] = [];
    const imported = await open().importFrom(other, {
      threadIds,
      onProgress: ({ threadId, threads }) => seen.push([threadId, threads]),
    });
    expect(imported).toMatchObject({ threads: 2, skipped: 0 });
    expect(seen).toEqual(threadIds.map((id, at) => [id, at + 1]));
    let count = 0;
    for (const id of threadIds) {
      const tuples = await tuplesIn(other, id);
      count += tuples.length;
      expect(plain(await tuplesIn(open(), id))).toEqual(plain(tuples));
    }
    expect(imported.checkpoints).toBe(count);
    const thread = { configurable: { thread_id: threadIds[0] ?? "" } };
    const states = await Promise.all([other, open()].map((saver) => graphOn(saver).getState(thread)));
    expect(states[1]?.values).toEqual(states[0]?.values);
    const answers: unknown[] = [];
    for (const saver of [other, open()]) {
      answers.push(await graphOn(saver).invoke(new Command({ resume: "yes" }), thread));
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  test("an import that was ended goes on where it was, and a second one brings what is new", async () => {
    const other = await source();
    const threadId = await play(other);
    const end = new AbortController();
    const saver = open();
    let puts = 0;
    const putWrites = saver.putWrites.bind(saver);
    saver.putWrites = async (...args) => {
      puts += 1;
      if (puts === 6) end.abort(new Error("ended"));
      // Cut off between a checkpoint and its writes.
      if (puts >= 6) throw new Error("gone");
      return putWrites(...args);
    };
    await expect(saver.importFrom(other, { threadIds: [threadId], signal: end.signal })).rejects.toThrow(
      /gone|ended/,
    );
    const half = await tuplesIn(open(), threadId);
    const whole = await tuplesIn(other, threadId);
    expect(half.length).toBeGreaterThan(0);
    expect(half.length).toBeLessThan(whole.length);
    const rest = await open().importFrom(other, { threadIds: [threadId] });
    expect(rest).toEqual({ threads: 1, checkpoints: whole.length - half.length, skipped: half.length });
    expect(plain(await tuplesIn(open(), threadId))).toEqual(plain(whole));
    const again = await open().importFrom(other, { threadIds: [threadId] });
    expect(again).toEqual({ threads: 1, checkpoints: 0, skipped: whole.length });
    const thread = { configurable: { thread_id: threadId } };
    await graphOn(other).invoke(new Command({ resume: "yes" }), thread);
    await open().importFrom(other, { threadIds: [threadId] });
    expect(plain(await tuplesIn(open(), threadId))).toEqual(plain(await tuplesIn(other, threadId)));
  });

  test("a thread whose beginning is gone is imported, and again after it was deleted here", async () => {
    const [other, saver, thread_id] = [await source(), open(), crypto.randomUUID()];
    let config: object = { configurable: { thread_id, checkpoint_ns: "", checkpoint_id: uuid6(0) } };
    for (let at = 1; at <= 3; at++) {
      const checkpoint = checkpointOf({ notes: [`${at}`] }, at);
      const metadata = { source: "loop", step: at, parents: {} } as const;
      config = await other.put(config, checkpoint, metadata, checkpoint.channel_versions);
      await other.putWrites(config, [["notes", at]], "task");
    }
    for (let times = 0; times < 2; times++) {
      const imported = await saver.importFrom(other, { threadIds: [thread_id] });
      expect(imported).toEqual({ threads: 1, checkpoints: 3, skipped: 0 });
      expect(plain(await tuplesIn(open(), thread_id))).toEqual(plain(await tuplesIn(other, thread_id)));
      await open().deleteThread(thread_id);
    }
  });

  test("all threads of another saver are found, and read in pages", async () => {
    const other = await source();
    const ids = Array.from({ length: 45 }, () => crypto.randomUUID());
    const checkpoint = checkpointOf({ notes: ["shared id"] });
    const metadata = { source: "loop", step: 0, parents: {} } as const;
    for (const [at, thread_id] of ids.entries()) {
      const made = at < 25 ? checkpoint : checkpointOf({ notes: [thread_id] });
      const config = { configurable: { thread_id, checkpoint_ns: "" } };
      await other.put(config, made, metadata, made.channel_versions);
    }
    const { threads } = await open().importFrom(other);
    expect(threads).toBeGreaterThanOrEqual(45);
    for (const id of ids) expect(await tuplesIn(open(), id)).toHaveLength(1);
  });

  test("what is no checkpointer is not imported from", async () => {
    const none = {} as unknown as WfloSaver;
    await expect(open().importFrom(none)).rejects.toThrow(InvalidOptionError);
  });
}
