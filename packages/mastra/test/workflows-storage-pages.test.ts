import { memoryDatabase, type CheckpointStore, type Database } from "@wflo/core";
import { expect, test } from "vitest";
import { day, ids, stateOf, W } from "./workflows-storage-samples.ts";
import { newStorage } from "./workflows-storage-stores.ts";

/** A database that tells how many checkpoints each question to its store was answered with. */
function telling(): { readonly database: Database; readonly told: number[] } {
  const memory = memoryDatabase();
  const store = memory.checkpoints;
  const told: number[] = [];
  const tell = async <T extends readonly unknown[] | number>(answer: Promise<T>): Promise<T> => {
    const given = await answer;
    told.push(typeof given === "number" ? 1 : given.length);
    return given;
  };
  const checkpoints = {
    ...store,
    list: (...args: Parameters<CheckpointStore["list"]>) => tell(store.list(...args)),
    listStored: (...args: Parameters<CheckpointStore["listStored"]>) => tell(store.listStored(...args)),
    count: (...args: Parameters<CheckpointStore["count"]>) => tell(store.count(...args)),
  };
  return { database: { ...memory, checkpoints }, told };
}

test("a page takes what it shows and one count, wherever it lies; the last one takes no count", async () => {
  const { database, told } = telling();
  const storage = await newStorage(database, "pages");
  for (let at = 0; at < 60; at += 1) {
    const times = { createdAt: day(at), updatedAt: day(at) };
    await storage.persistWorkflowSnapshot({ ...W(`r${at}`), snapshot: stateOf(`r${at}`), ...times });
  }
  told.length = 0;
  const play = async (page: number) => {
    told.length = 0;
    const found = await storage.listWorkflowRuns({ page, perPage: 7 });
    expect(found.total).toBe(60);
    return [ids(found)[0], [...told]];
  };
  expect(await play(0)).toEqual(["r59", [7, 1]]);
  expect(await play(4)).toEqual(["r31", [7, 1]]);
  expect(await play(8)).toEqual(["r3", [4]]);
  expect(await play(9)).toEqual([undefined, [0, 1]]);
});
