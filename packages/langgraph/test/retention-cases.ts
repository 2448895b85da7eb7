import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { InvalidOptionError, ThreadDeletedError } from "@wflo/core";
import { expect, test } from "vitest";
import type { WfloSaver } from "../src/index.ts";
import type { OpenSaver } from "./graph-cases.ts";
import { tuplesOfThread } from "./prune-cases.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";

const Log = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
});

function chat(checkpointer: WfloSaver) {
  return new StateGraph(Log)
    .addNode("n", ({ log }) => ({ log: [`saw ${log.length}`] }))
    .addEdge(START, "n")
    .compile({ checkpointer });
}

/** Copies, runs that are deleted, threads that expire. */
export function retentionCases(open: OpenSaver): void {
  const newThread = () => ({ configurable: { thread_id: crypto.randomUUID() } });
  const idOf = (thread: ReturnType<typeof newThread>) => thread.configurable.thread_id;

  test("a copy has every branch of its source, and each goes its own way", async () => {
    const [graph, from, to] = [chat(open()), newThread(), newThread()];
    await graph.invoke({ log: ["root"] }, from);
    const base = (await graph.getState(from)).config;
    await graph.invoke({ log: ["A"] }, base);
    await graph.invoke({ log: ["B"] }, base);
    const saver = open();
    await saver.copyThread(idOf(from), idOf(to));
    const before = await tuplesOfThread(open(), idOf(from));
    const renamed = JSON.parse(JSON.stringify(before).replaceAll(idOf(from), idOf(to))) as unknown;
    expect(JSON.parse(JSON.stringify(await tuplesOfThread(open(), idOf(to))))).toEqual(renamed);
    for (const one of [graph, chat(open())]) {
      await one.invoke({ log: ["copy's"] }, to);
      expect(await tuplesOfThread(open(), idOf(from))).toEqual(before);
    }
    await graph.invoke({ log: ["source's"] }, from);
    const { log } = (await chat(open()).getState(to)).values as typeof Log.State;
    expect(log.filter((line) => line === "copy's")).toHaveLength(2);
    expect(log).not.toContain("source's");
  });

  test("a thread that has checkpoints is not copied over unless that is asked", async () => {
    const [saver, warm, from, to] = [open(), open(), newThread(), newThread()];
    await expect(saver.copyThread(idOf(from), idOf(to))).rejects.toThrow(/no thread/);
    await expect(saver.copyThread("same", "same")).rejects.toThrow(InvalidOptionError);
    await chat(saver).invoke({ log: ["source"] }, from);
    const old = await putAll(warm, to, checkpointOf({ log: ["old"] }));
    await expect(saver.copyThread(idOf(from), idOf(to))).rejects.toThrow(/has checkpoints already/);
    expect((await open().getTuple(to))?.checkpoint.channel_values).toEqual({ log: ["old"] });
    await saver.copyThread(idOf(from), idOf(to), { replace: true });
    await expect(putAll(warm, old, checkpointOf({ log: ["old", "late"] }))).rejects.toThrow(
      ThreadDeletedError,
    );
    await expect(warm.putWrites(old, [["log", "late"]], "t")).rejects.toThrow(ThreadDeletedError);
    const { log } = await chat(warm).invoke({ log: ["more"] }, to);
    expect(log).toEqual(["source", "saw 1", "more", "saw 3"]);
  });

  test("what a run saved is deleted, in whichever thread, and what others need of it is not", async () => {
    const [graph, one, two, runId] = [chat(open()), newThread(), newThread(), crypto.randomUUID()];
    await graph.invoke({ log: ["before"] }, one);
    const before = await tuplesOfThread(open(), idOf(one));
    await graph.invoke({ log: ["secret"] }, { ...one, metadata: { run_id: runId } });
    await graph.invoke({ log: ["secret"] }, { ...two, metadata: { run_id: runId } });
    await putAll(open(), two, checkpointOf({ log: ["by hand"] }), { run_id: runId });
    const made = (await tuplesOfThread(open(), idOf(two))).length;
    const { deleted, kept } = await open().deleteForRuns([crypto.randomUUID(), runId]);
    expect([deleted, kept]).toEqual([made + before.length, 0]);
    expect(await tuplesOfThread(open(), idOf(one))).toEqual(before);
    expect(await tuplesOfThread(open(), idOf(two))).toEqual([]);
    const again = await open().deleteForRuns([runId]);
    expect(again).toEqual({ deleted: 0, kept: 0, writes: 0, busy: [] });
    const { log } = await graph.invoke({ log: ["after"] }, one);
    expect(log).toEqual(["before", "saw 1", "after", "saw 3"]);
    await expect(open().deleteForRuns([""])).rejects.toThrow(InvalidOptionError);
  });

  test("a run id with quotes, or of another run, deletes nothing", async () => {
    const [thread, saver] = [newThread(), open()];
    await putAll(saver, thread, checkpointOf({ a: 1 }), { run_id: 'a"b', note: { run_id: "nested" } });
    for (const id of ["a", "%", 'a"', "nested", "' or 1=1 --"]) {
      expect((await saver.deleteForRuns([id])).deleted).toBe(0);
    }
    expect((await saver.deleteForRuns(['a"b'])).deleted).toBe(1);
  });

  test("an expired thread reads as absent, and a run on it begins anew", async () => {
    const [saver, thread] = [open(), newThread()];
    const { log } = await chat(saver).invoke({ log: ["old"] }, thread);
    await saver.setTtl(idOf(thread), 60_000);
    expect((await chat(open()).getState(thread)).values).toEqual({ log });
    await saver.setTtl(idOf(thread), 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await open().getTuple(thread)).toBeUndefined();
    expect(await tuplesOfThread(open(), idOf(thread))).toEqual([]);
    const late = await saver.getTuple(thread);
    expect(late).toBeUndefined();
    await open().setTtl(idOf(thread), 60_000);
    expect(await chat(saver).invoke({ log: ["new"] }, thread)).toEqual({ log: ["new", "saw 1"] });
    const texts = JSON.stringify(await tuplesOfThread(open(), idOf(thread)));
    expect(texts).not.toContain("old");
  });

  test("a run on an expired thread that nobody has deleted yet begins anew", async () => {
    const [saver, thread] = [open(), newThread()];
    await chat(saver).invoke({ log: ["old"] }, thread);
    await saver.setTtl(idOf(thread), 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const root = checkpointOf({ log: ["new"] });
    await putAll(saver, thread, root);
    await open().setTtl(idOf(thread), 60_000);
    const found = await tuplesOfThread(open(), idOf(thread));
    expect(found.map(({ checkpoint }) => checkpoint.id)).toSatisfy(
      (ids: string[]) => ids.length === 0 || (ids.length === 1 && ids[0] === root.id),
    );
  });

  test("threads that have expired are deleted, and what goes on from them is refused", async () => {
    const [saver, thread] = [open(), newThread()];
    const root = await putAll(saver, thread, checkpointOf({ log: ["old"] }));
    await saver.setTtl(idOf(thread), 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await saver.deleteExpired()).toBeGreaterThanOrEqual(1);
    await expect(putAll(saver, root, checkpointOf({ log: ["late"] }))).rejects.toThrow(ThreadDeletedError);
    await expect(saver.deleteExpired({ limit: 0 })).rejects.toThrow(InvalidOptionError);
    for (const ttl of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(saver.setTtl(idOf(thread), ttl)).rejects.toThrow(InvalidOptionError);
    }
  });
}
