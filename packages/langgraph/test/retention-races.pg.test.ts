import { Annotation, DeltaChannel, START, StateGraph } from "@langchain/langgraph";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { WfloSaver } from "../src/index.ts";
import { tuplesOfThread } from "./prune-cases.ts";
import { checkpointOf, putAll } from "./saver-cases.ts";
import { newTenant, serverUrl } from "./test-server.ts";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
  delta: () =>
    new DeltaChannel<string[], string[]>((log, writes) => log.concat(writes.flat()), {
      snapshotFrequency: 8,
    }),
});

function graphOn(checkpointer: WfloSaver) {
  return new StateGraph(State)
    .addNode("n", ({ log, delta }) => ({ log: [`saw ${log.length}`], delta: [`saw ${delta.length}`] }))
    .addEdge(START, "n")
    .compile({ checkpointer });
}

test("a thread that is pruned while another process writes to it loses nothing that it goes on from", async () => {
  const tenant = newTenant();
  const [writer, pruner, reader] = [1, 2, 3].map(() => WfloSaver.fromConnString(serverUrl(), { tenant }));
  if (writer === undefined || pruner === undefined || reader === undefined) throw new Error("no savers");
  const threads = ["one", "two"].map((thread_id) => ({ configurable: { thread_id } }));
  let isDone = false;
  let pruned = 0;
  const pruning = (async () => {
    while (!isDone) {
      pruned += (await pruner.prune({ keepLast: 2 })).checkpoints;
      // Warm, so that it has to find out what it knows no more.
      for (const thread of threads) await pruner.getTuple(thread);
    }
  })();
  const ends = await Promise.all(
    threads.map(async (thread) => {
      const expected: string[] = [];
      for (let turn = 0; turn < 20; turn++) {
        const saver = turn % 5 === 4 ? pruner : writer;
        const { log, delta } = await graphOn(saver).invoke({ log: [`${turn}`], delta: [`${turn}`] }, thread);
        expected.push(`${turn}`, `saw ${expected.length + 1}`);
        expect([log, delta]).toEqual([expected, expected]);
      }
      return expected;
    }),
  );
  isDone = true;
  await pruning;
  expect(pruned).toBeGreaterThan(20);
  for (const [at, thread] of threads.entries()) {
    const { values } = await graphOn(reader).getState(thread);
    expect(values).toEqual({ log: ends[at], delta: ends[at] });
  }
  for (const saver of [writer, pruner, reader]) await saver.close();
}, 300_000);

test("a process that is killed in the middle of a prune leaves every thread whole", async () => {
  const tenant = newTenant();
  const saver = WfloSaver.fromConnString(serverUrl(), { tenant });
  const ids = Array.from({ length: 50 }, (_, at) => `${at}`);
  const heads = await Promise.all(
    ids.map(async (thread_id) => {
      let config: object = { configurable: { thread_id } };
      const notes: string[] = [];
      for (let at = 0; at < 4; at++) {
        notes.push(`${thread_id} ${at}`);
        config = await putAll(saver, config, checkpointOf({ notes: [...notes] }, at + 1));
      }
      return notes;
    }),
  );
  const script = fileURLToPath(new URL("thread-pruner.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-warnings", script, serverUrl(), tenant]);
  await once(child.stdout, "data");
  const count = async () => {
    const lengths = await Promise.all(ids.map(async (id) => (await tuplesOfThread(saver, id)).length));
    return lengths.filter((length) => length === 1).length;
  };
  // The first one by its name.
  const first = () => tuplesOfThread(saver, "0");
  while ((await first()).length > 1 && child.exitCode === null)
    await new Promise((wait) => setTimeout(wait, 1));
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  for (const [at, id] of ids.entries()) {
    const tuples = await tuplesOfThread(saver, id);
    expect([1, 4]).toContain(tuples.length);
    expect(tuples[0]?.checkpoint.channel_values).toEqual({ notes: heads[at] });
  }
  await saver.prune({ keepLast: 1 });
  expect(await count()).toBe(ids.length);
  await saver.close();
}, 300_000);
