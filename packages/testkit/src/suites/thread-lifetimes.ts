import { expect } from "vitest";
import type { DatabaseCase } from "./database-case.ts";
import { retentionCase } from "./retention-desk.ts";

const NOTHING = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** A thread of two checkpoints, the first with one write. */
const ALL = [1, 2, 2, 2, 2, 2, 1, 2, 1, 2, 2];

/** Threads that are there for a time. */
export const threadLifetimesCases: readonly DatabaseCase[] = [
  retentionCase("reads nothing of a thread that has expired, in whichever way", async (desk) => {
    await desk.save("a");
    await desk.write("a", [[0, "w"]]);
    await desk.save("b", { parentId: "a" });
    await desk.setTtl(10);
    await desk.desk.setElapsed(9);
    expect(await desk.found()).toEqual(ALL);
    await desk.desk.setElapsed(10);
    expect(await desk.found()).toEqual(NOTHING);
    expect(await desk.copy()).toBe("missing");
  }),
  retentionCase(
    "counts the life of a thread from its last checkpoint, as long as it was set to be",
    async (desk) => {
      await desk.setTtl(10);
      await desk.desk.setElapsed(50);
      await desk.save("a");
      await desk.desk.setElapsed(59);
      await desk.save("b", { parentId: "a" });
      await desk.desk.setElapsed(68);
      expect(await desk.listed()).toEqual(["b", "a"]);
      await desk.setTtl(30);
      await desk.desk.setElapsed(88);
      expect(await desk.listed()).toEqual(["b", "a"]);
      await desk.setTtl(undefined);
      await desk.desk.setElapsed(1_000);
      expect(await desk.listed()).toEqual(["b", "a"]);
      await desk.setTtl(30);
      expect(await desk.listed()).toEqual([]);
    },
  ),
  retentionCase("does not change with a default what was set of a thread", async (desk) => {
    await desk.save("a");
    await desk.setTtl(20, { isDefault: true });
    await desk.setTtl(10, { isDefault: true });
    await desk.save("a", { thread: "own" });
    await desk.setTtl(undefined, { thread: "own" });
    await desk.setTtl(10, { thread: "own", isDefault: true });
    await desk.save("a", { thread: "long" });
    await desk.setTtl(20, { thread: "long" });
    await desk.setTtl(10, { thread: "long", isDefault: true });
    await desk.desk.setElapsed(15);
    expect(await desk.threadNames()).toEqual(["long", "own"]);
    await desk.desk.setElapsed(25);
    expect(await desk.threadNames()).toEqual(["own"]);
  }),
  retentionCase("begins a default when it is set, however old the thread is", async (desk) => {
    await desk.save("a");
    await desk.desk.setElapsed(50);
    await desk.setTtl(10, { isDefault: true });
    await desk.desk.setElapsed(59);
    expect(await desk.deleteExpired()).toBe(0);
    await desk.save("b", { parentId: "a" });
    await desk.desk.setElapsed(68);
    expect(await desk.listed()).toEqual(["b", "a"]);
    await desk.desk.setElapsed(69);
    expect(await desk.listed()).toEqual([]);
  }),
  retentionCase("deletes threads that have expired, the longest expired first", async (desk) => {
    for (const [at, thread] of ["c", "a", "b", "kept"].entries()) {
      await desk.save("1", { thread });
      await desk.setTtl(thread === "kept" ? 1_000 : at + 1, { thread });
    }
    await desk.save("1");
    await desk.desk.setElapsed(5);
    const other = desk.as("initech");
    await other.save("1", { thread: "a" });
    expect(await desk.deleteExpired({ limit: 1 })).toBe(1);
    // Their time is over, so that only those can be seen that may be read again.
    const left = async () => {
      for (const thread of ["a", "b", "c"]) await desk.save("2", { thread });
      return (await desk.listed()).filter((id) => id === "1");
    };
    expect(await desk.deleteExpired({ thread: "kept" })).toBe(0);
    expect(await desk.deleteExpired({ thread: "b" })).toBe(1);
    expect(await left()).toHaveLength(3);
    expect((await desk.listed({ thread: "c" })).concat(await desk.listed({ thread: "b" }))).toEqual([
      "2",
      "2",
    ]);
    expect(await desk.listed({ thread: "a" })).toEqual(["2", "1"]);
    await desk.desk.setElapsed(20);
    expect([await desk.deleteExpired(), await desk.deleteExpired()]).toEqual([3, 0]);
    expect(await other.listed()).toEqual(["1"]);
  }),
  retentionCase("brings nothing back of a thread that was deleted when it had expired", async (desk) => {
    const thread = "mortal";
    const warm = await desk.save("b", { thread });
    await desk.setTtl(10, { thread });
    await desk.desk.setElapsed(10);
    await desk.setTtl(100, { thread });
    const late = await desk.put("c", { thread, parentId: "b", mustNotRevive: true });
    expect(late).toEqual({ code: "deleted" });
    await desk.refused("stale", "c", { thread, mustFollow: true, threadEpoch: warm.epoch });
    await desk.save("d", { thread });
    expect(await desk.listed()).toEqual(["d"]);
    await desk.desk.setElapsed(109);
    expect(await desk.listed()).toEqual(["d"]);
    await desk.desk.setElapsed(110);
    expect(await desk.listed()).toEqual([]);
  }),
  retentionCase("gives a copy what was set of its source, which no default changes", async (desk) => {
    await desk.save("a");
    await desk.setTtl(undefined);
    await desk.copy();
    await desk.setTtl(10, { thread: "copy", isDefault: true });
    await desk.desk.setElapsed(10);
    expect(await desk.threadNames()).toEqual(["chat", "copy"]);
  }),
  retentionCase("gives a copy the time of its source, from now on, unless it has one", async (desk) => {
    await desk.save("a");
    await desk.setTtl(10);
    await desk.setTtl(30, { thread: "own" });
    await desk.desk.setElapsed(9);
    await desk.copy();
    await desk.copy({ to: "own" });
    await desk.desk.setElapsed(18);
    expect(await desk.threadNames()).toEqual(["copy", "own"]);
    await desk.desk.setElapsed(19);
    expect(await desk.threadNames()).toEqual(["own"]);
    await desk.desk.setElapsed(39);
    expect(await desk.threadNames()).toEqual([]);
  }),
];
