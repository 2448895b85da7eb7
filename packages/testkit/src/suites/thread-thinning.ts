import { expect } from "vitest";
import { element } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";
import { retentionCase } from "./retention-desk.ts";

/** What is known of a thread without reading it, and checkpoints that are taken out of it. */
export const threadThinningCases: readonly DatabaseCase[] = [
  retentionCase(
    "lists threads with how many checkpoints they have and since when, in pages",
    async (desk) => {
      for (const [at, thread] of ["b", "a/2", "a/1", "c"].entries()) {
        await desk.desk.setElapsed(at);
        await desk.save("1", { thread });
      }
      await desk.desk.setElapsed(9);
      await desk.save("2", { thread: "a/1", namespace: "tools" });
      await desk.write("1", [[0, "alone"]], { thread: "a/3" });
      await desk.as("initech").save("1", { thread: "a/0" });
      const { threads, after } = await desk.threads({ startsWith: "a/" });
      const at = (seconds: number) => new Date(Date.UTC(2026, 2, 10, 12, 0, seconds));
      expect(threads).toEqual([
        { thread: "a/1", checkpoints: 2, oldest: at(2), newest: at(9) },
        { thread: "a/2", checkpoints: 1, oldest: at(1), newest: at(1) },
      ]);
      expect(after).toBeUndefined();
      const pages: string[][] = [];
      for (let from: string | undefined, more = true; more; more = from !== undefined) {
        const page = await desk.threads({ after: from, limit: 2 });
        pages.push(page.threads.map(({ thread }) => thread));
        from = page.after;
      }
      expect(pages.flat()).toEqual(["a/1", "a/2", "b", "c"]);
      expect(Math.max(...pages.map(({ length }) => length))).toBe(2);
    },
  ),
  retentionCase("finds threads by what the metadata of a checkpoint contains", async (desk) => {
    const metadata = (run: string) => JSON.stringify({ m: { run, other: [1] } });
    await desk.save("1", { thread: "a", metadata: metadata("x") });
    await desk.save("2", { thread: "a", metadata: metadata("y") });
    await desk.save("1", { thread: "b", metadata: metadata("z") });
    await desk.save("1", { thread: "c", metadata: "no JSON" });
    const of = (...runs: readonly string[]) =>
      desk.threadNames({ containsAny: runs.map((run) => JSON.stringify({ m: { run } })) });
    expect(await of("y")).toEqual(["a"]);
    expect(await of("x", "z")).toEqual(["a", "b"]);
    expect(await of("w")).toEqual([]);
    expect(await of()).toEqual([]);
  }),
  retentionCase("outlines a thread: its checkpoints and to which channels tasks wrote", async (desk) => {
    await desk.save("a", { elements: [element(3, 0)], metadata: "1", step: "s" });
    const state = await desk.save("b", { parentId: "a", namespace: "tools", name: "final" });
    const before = await desk.outline();
    await desk.write("a", [
      [0, "x"],
      [1, "y"],
    ]);
    await desk.write("z", [[0, "waiting"]], { taskId: "u" });
    await desk.save("c");
    const { checkpoints, writes, ...rest } = await desk.outline();
    expect(rest.state).toEqual(state);
    expect(rest.sequence).toBeGreaterThan(before.sequence);
    const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
    expect(checkpoints.toSorted(byId)).toEqual((await desk.list()).toSorted(byId));
    const channelsOf = (id: string) => writes.find(({ checkpointId }) => checkpointId === id);
    expect(writes).toHaveLength(2);
    expect(channelsOf("a")).toMatchObject({ namespace: "", channels: ["notes", "notes"] });
    expect(channelsOf("z")).toMatchObject({ namespace: "", channels: ["notes"] });
    expect(await desk.store.outline("acme", "other")).toBeUndefined();
  }),
  retentionCase("deletes checkpoints with their writes and what only they named", async (desk) => {
    await desk.save("a", { elements: [element(1, 0), element(1, 1), element(2, 0)] });
    await desk.write("a", [
      [0, "of a"],
      [1, "of a"],
    ]);
    const { epoch } = await desk.save("b", { parentId: "a", pieces: [[1, 1, 1]] });
    await desk.write("b", [[0, "of b"]]);
    await desk.expectThinned(await desk.thin(["a"]), [1, 2, 2]);
    expect(await desk.listed()).toEqual(["b"]);
    expect([await desk.texts("b"), await desk.written("b")]).toEqual([["1.1"], ["of b"]]);
    const free = await desk.save("c", { elements: [element(1, 0, "new"), element(2, 0, "new")] });
    expect(free.epoch).toBeGreaterThan(epoch);
    await desk.save("a");
    expect(await desk.written("a")).toEqual([]);
  }),
  retentionCase("keeps what the checkpoints that are left name, whichever line they are of", async (desk) => {
    const elements = Array.from({ length: 12 }, (_, position) => element(5, position));
    const { epoch: threadEpoch } = await desk.save("a", { elements, pieces: [[5, 0, 11]] });
    await desk.save("b", { threadEpoch, pieces: [[5, 4, 2]] });
    await desk.save("b", {
      threadEpoch,
      namespace: "tools",
      pieces: [
        [5, 3, 6],
        [5, 9, 9],
      ],
    });
    await desk.expectThinned(await desk.thin(["a"]), [1, 0, 6]);
    expect(await desk.texts("b")).toEqual(["5.2", "5.3", "5.4"]);
    expect(await desk.texts("b", { namespace: "tools" })).toEqual(["5.3", "5.4", "5.5", "5.6", "5.9"]);
    await desk.expectThinned(await desk.thin(["b", ["tools", "b"]]), [2, 0, 6]);
    expect(await desk.listed()).toEqual([]);
  }),
  retentionCase("deletes writes that wait for a checkpoint", async (desk) => {
    await desk.save("b");
    await desk.write("a", [[0, "alone"]]);
    await desk.expectThinned(await desk.thin(["a"]), [0, 1, 0]);
    await desk.save("a");
    expect(await desk.written("a")).toEqual([]);
  }),
  retentionCase("deletes no checkpoint that something has gone on from since it was chosen", async (desk) => {
    await desk.save("a");
    const child = await desk.outline();
    await desk.save("b", { parentId: "a" });
    expect(await desk.thin(["a"], child)).toEqual({ code: "moved" });
    const written = await desk.outline();
    await desk.write("a", [[0, "late"]]);
    expect(await desk.thin(["a"], written)).toEqual({ code: "moved" });
    const replaced = await desk.outline();
    await desk.save("b", { parentId: "a", step: "again", manifest: "2", replaces: true });
    expect(await desk.thin(["a"], replaced)).toEqual({ code: "moved" });
    expect(await desk.listed()).toEqual(["b", "a"]);
    expect(await desk.written("a")).toEqual(["late"]);
    const sound = await desk.outline();
    await desk.save("c", { parentId: "b" });
    await desk.write("b", [[0, "late"]]);
    expect(await desk.thin(["a"], sound)).toMatchObject({ code: "deleted", checkpoints: 1 });
  }),
  retentionCase("deletes nothing that was chosen before another delete", async (desk) => {
    await desk.save("a");
    const outline = await desk.outline();
    await desk.deleteThread();
    await desk.save("a");
    expect(await desk.thin(["a"], outline)).toEqual({ code: "moved" });
    expect(await desk.listed()).toEqual(["a"]);
  }),
  retentionCase("refuses a put that relies on elements which went with their checkpoint", async (desk) => {
    const warm = await desk.save("a", { elements: [element(1, 0)] });
    await desk.save("b", { parentId: "a" });
    await desk.thin(["a"]);
    const late = { parentId: "b", pieces: [[1, 0, 0]], mustFollow: true } as const;
    await desk.refused("stale", "c", { ...late, threadEpoch: warm.epoch });
  }),
  retentionCase("takes what goes on from a checkpoint that was taken out", async (desk) => {
    await desk.save("a");
    await desk.save("b", { parentId: "a" });
    await desk.thin(["a"]);
    await desk.save("c", { parentId: "a", mustNotRevive: true });
    expect(await desk.write("a", [[0, "late"]])).toBe("saved");
    expect(await desk.listed()).toEqual(["c", "b"]);
    expect(await desk.lineage({ id: "c" })).toEqual(["c"]);
  }),
  retentionCase("leaves each put that races with a thinning whole", async (desk) => {
    const { epoch: threadEpoch } = await desk.save("a", { elements: [element(0, 0)] });
    await desk.save("b", { parentId: "a", threadEpoch, pieces: [[0, 0, 0]], elements: [] });
    const outline = await desk.outline();
    const put = (index: number) =>
      desk.put(`c${index}`, { parentId: "a", pieces: [[0, 0, 0]], threadEpoch, elements: [] });
    const puts = Array.from({ length: 4 }, (_, index) => put(index));
    const thinned = desk.thin(["a", "b"], outline);
    const late = Array.from({ length: 4 }, (_, index) => put(index + 4));
    const verdicts = await Promise.all([...puts, ...late]);
    const isThinned = (await thinned).code === "deleted";
    const saved = verdicts.filter(({ code }) => code === "saved");
    expect(saved.length === 0 || !isThinned).toBe(true);
    expect(verdicts.filter(({ code }) => code !== "saved" && code !== "stale")).toEqual([]);
    for (const id of await desk.listed()) expect(await desk.texts(id)).toEqual(["0.0"]);
  }),
];
