import { expect } from "vitest";
import { checkpointCase, element } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

/** What keeps threads, lines and tenants apart; deletes, and epochs of threads and runs. */
export const checkpointThreadsCases: readonly DatabaseCase[] = [
  checkpointCase("shares the logs of a thread among its lines", async (desk) => {
    const { epoch } = await desk.save("a", { namespace: "one", elements: [element(1, 0)] });
    await desk.save("a", { namespace: "two", pieces: [[1, 0, 0]], threadEpoch: epoch });
    expect(await desk.texts("a", { namespace: "two" })).toEqual(["1.0"]);
    await desk.refused("collision", "b", { namespace: "two", elements: [element(1, 0, "other")] });
  }),
  checkpointCase("keeps the lines of a thread apart", async (desk) => {
    await desk.save("a", { namespace: "one", manifest: "1" });
    await desk.save("b", { namespace: "one", manifest: "1", name: "final" });
    await desk.save("a", { namespace: "two", manifest: "2" });
    await desk.save("c", { namespace: "two", manifest: "2", parentId: "b" });
    expect((await desk.get({ namespace: "one", id: "a" }))?.row.manifest).toBe("1");
    expect((await desk.get({ namespace: "two", id: "a" }))?.row.manifest).toBe("2");
    expect(await desk.at({ namespace: "one" })).toBe("b");
    expect(await desk.at({ namespace: "two", name: "final" })).toBeUndefined();
    expect(await desk.at({ namespace: "", id: "a" })).toBeUndefined();
    expect(await desk.lineage({ namespace: "two" })).toEqual(["c"]);
    expect(await desk.listed({ namespace: "one" })).toEqual(["b", "a"]);
  }),
  checkpointCase("keeps the logs of threads apart", async (desk) => {
    await desk.save("a", { thread: "one", elements: [element(7, 0, "1")] });
    const second = await desk.save("a", { thread: "two", elements: [element(0, 0, "2")] });
    expect(second.nextLog).toBe(1);
    await desk.save("b", { thread: "two", elements: [element(7, 0, "3")] });
    expect(await desk.texts("a", { thread: "one" })).toEqual(["1"]);
    expect(await desk.texts("b", { thread: "two" })).toEqual(["3"]);
  }),
  checkpointCase("keeps threads and lines apart whose names add up to the same", async (desk) => {
    const pairs: (readonly [string, string])[] = ["/", ":", "|", ",", ""].flatMap((by) => [
      [`a${by}b`, "c"] as const,
      ["a", `b${by}c`] as const,
    ]);
    for (const [index, [thread, namespace]] of pairs.entries()) {
      await desk.save("a", { thread, namespace, manifest: `${index}` });
    }
    for (const [index, [thread, namespace]] of pairs.entries()) {
      expect((await desk.get({ thread, namespace, id: "a" }))?.row.manifest).toBe(`${index}`);
    }
  }),
  checkpointCase("keeps the threads of tenants with the same ids apart", async (desk) => {
    const other = desk.as("globex");
    await desk.save("a", { manifest: "ours", elements: [element(1, 0, "ours")] });
    expect(await other.get({ id: "a" })).toBeUndefined();
    expect(await other.deleteThread()).toBe(false);
    await other.save("a", { manifest: "theirs", elements: [element(1, 0, "theirs")] });
    await other.save("b", { parentId: "a" });
    await other.write("a", [[0, "theirs"]]);
    expect(await desk.written("a")).toEqual([]);
    expect((await desk.get())?.row).toMatchObject({ id: "a", manifest: "ours" });
    expect(await desk.texts("a")).toEqual(["ours"]);
    expect(await desk.listed()).toEqual(["a"]);
    expect(await desk.lineage({ id: "b" })).toEqual([]);
    expect(await other.deleteThread()).toBe(true);
    expect(await other.listed()).toEqual([]);
    expect(await desk.texts("a")).toEqual(["ours"]);
  }),
  checkpointCase("refuses a put that relies on elements from before a delete", async (desk) => {
    const warm = await desk.save("a", { elements: [element(1, 0)] });
    await desk.deleteThread();
    const next = { parentId: "a", pieces: [[1, 0, 1]], elements: [element(1, 1)] } as const;
    const now = await desk.refused("stale", "b", { ...next, threadEpoch: warm.epoch });
    expect(now.epoch).toBeGreaterThan(warm.epoch);
    expect(await desk.listed()).toEqual([]);
    await desk.save("b", { ...next, elements: [element(1, 0), element(1, 1)], threadEpoch: now.epoch });
    expect(await desk.texts("b")).toEqual(["1.0", "1.1"]);
  }),
  checkpointCase("brings nothing back that was deleted", async (desk) => {
    await desk.save("a", { elements: [element(1, 0)] });
    await desk.save("b", { parentId: "a", namespace: "tools" });
    await desk.deleteThread();
    await desk.save("c", { parentId: "a", elements: [element(8, 0)] });
    expect(await desk.get({ id: "a" })).toBeUndefined();
    expect(await desk.get({ id: "b", namespace: "tools" })).toBeUndefined();
    expect(await desk.listed()).toEqual(["c"]);
    expect(await desk.lineage()).toEqual(["c"]);
    expect(await desk.texts("c")).toEqual(["8.0"]);
  }),
  checkpointCase("has room in the places of what was deleted", async (desk) => {
    await desk.save("a", { elements: [element(0, 0, "old"), element(0, 1, "old")] });
    await desk.deleteThread();
    await desk.save("a", { elements: [element(0, 0, "new")] });
    expect(await desk.texts("a")).toEqual(["new"]);
  }),
  checkpointCase("goes on with the numbers of logs after a delete", async (desk) => {
    await desk.save("a", { elements: [0, 1, 2, 3].map((log) => element(log, 0)) });
    await desk.deleteThread();
    const after = await desk.save("b");
    expect(after.nextLog).toBe(4);
    expect((await desk.get())?.thread).toEqual(after);
  }),
  checkpointCase("deletes every line of a thread, and of no other", async (desk) => {
    await desk.save("a", { elements: [element(1, 0)] });
    await desk.save("b", { namespace: "tools" });
    await desk.save("c", { thread: "chat/2", elements: [element(1, 0)] });
    expect(await desk.deleteThread()).toBe(true);
    expect(await desk.listed()).toEqual(["c"]);
    expect(await desk.texts("c", { thread: "chat/2" })).toEqual(["1.0"]);
  }),
  checkpointCase("says whether there was anything to delete", async (desk) => {
    expect(await desk.deleteThread()).toBe(false);
    await desk.save("a");
    expect(await desk.deleteThread("other")).toBe(false);
    expect(await desk.deleteThread()).toBe(true);
    expect(await desk.deleteThread()).toBe(false);
  }),
  checkpointCase("leaves nothing of a thread to whoever raced with its delete", async (desk) => {
    const { epoch: threadEpoch } = await desk.save("a", { elements: [element(0, 0)] });
    const puts = Array.from({ length: 8 }, (_, index) =>
      desk.put(`b${index}`, { parentId: "a", elements: [element(1 + index, 0)], threadEpoch }),
    );
    const deleted = desk.deleteThread();
    const codes = (await Promise.all(puts)).map(({ code }) => code);
    expect(await deleted).toBe(true);
    expect(codes.filter((code) => code !== "saved" && code !== "stale")).toEqual([]);
    expect(await desk.listed()).toEqual([]);
  }),
  checkpointCase("refuses a put of an epoch that its run has left", async (desk) => {
    const { runs, tenant } = desk.desk;
    const runId = await desk.desk.run();
    const before = await desk.save("a", { fence: { runId, epoch: 1 }, elements: [element(1, 0)] });
    await runs.claim(tenant, runId, { takeOver: true });
    const late = await desk.put("b", { fence: { runId, epoch: 1 }, elements: [element(2, 0)] });
    expect(late).toEqual({ code: "superseded" });
    expect(await desk.listed()).toEqual(["a"]);
    expect((await desk.get())?.thread).toEqual(before);
    await desk.save("c", { fence: { runId, epoch: 2 }, elements: [element(2, 0)] });
  }),
  checkpointCase("takes a put whose run has no row", async (desk) => {
    await desk.save("a", { fence: { runId: desk.desk.nextId(), epoch: 1 } });
    expect(await desk.at()).toBe("a");
  }),
];
