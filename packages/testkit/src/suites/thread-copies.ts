import { expect } from "vitest";
import { element } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";
import { retentionCase } from "./retention-desk.ts";

/** Threads that are copied. */
export const threadCopiesCases: readonly DatabaseCase[] = [
  retentionCase("copies every line of a thread with its elements and writes", async (desk) => {
    const metadata = '{"m":1}';
    await desk.save("a", { elements: [element(4, 0, "one")], manifest: "[1]", metadata });
    await desk.save("b", { namespace: "tools", parentId: "a", elements: [element(4, 1, "x".repeat(5_000))] });
    await desk.write("a", [
      [0, "w"],
      [-3, "v".repeat(3_000)],
    ]);
    await desk.write("z", [[0, "waiting"]], { taskPath: "~p" });
    expect(await desk.copy()).toBe("copied");
    for (const place of [{ id: "a" }, { id: "b", namespace: "tools" }]) {
      const [from, to] = [await desk.get(place), await desk.get({ ...place, thread: "copy" })];
      expect(to).toMatchObject({
        row: { ...from?.row, thread: "copy" },
        elements: from?.elements,
        writes: from?.writes,
      });
    }
    await desk.save("z", { thread: "copy" });
    expect(await desk.written("z", { thread: "copy" })).toEqual(["waiting"]);
    expect(await desk.listed({ thread: "copy" })).toEqual(["z", "b", "a"]);
  }),
  retentionCase("keeps a copy and its source apart", async (desk) => {
    await desk.save("a", { elements: [element(0, 0)] });
    await desk.copy();
    const { thread } = (await desk.get({ id: "a", thread: "copy" })) ?? {};
    const next = { parentId: "a", pieces: [[0, 0, 1]], threadEpoch: thread?.epoch } as const;
    await desk.save("b", { ...next, thread: "copy", elements: [element(0, 1, "copy's")] });
    await desk.write("a", [[0, "copy's"]], { thread: "copy" });
    await desk.save("b", { parentId: "a", pieces: [[0, 0, 1]], elements: [element(0, 1, "source's")] });
    expect(await desk.texts("b")).toEqual(["0.0", "source's"]);
    expect(await desk.texts("b", { thread: "copy" })).toEqual(["0.0", "copy's"]);
    expect(await desk.written("a")).toEqual([]);
    await desk.deleteThread();
    expect(await desk.texts("b", { thread: "copy" })).toEqual(["0.0", "copy's"]);
  }),
  retentionCase("copies over no checkpoints unless it is to replace them", async (desk) => {
    expect(await desk.copy()).toBe("missing");
    await desk.save("a", { manifest: "source" });
    await desk.save("b", { thread: "copy", manifest: "old" });
    expect(await desk.copy()).toBe("taken");
    expect(await desk.listed({ thread: "copy" })).toEqual(["b"]);
    expect(await desk.copy({ replaces: true })).toBe("copied");
    expect(await desk.listed({ thread: "copy" })).toEqual(["a"]);
    expect(await desk.as("initech").listed()).toEqual([]);
  }),
  retentionCase("lets nobody go on with what a copy replaced", async (desk) => {
    await desk.save("a", { elements: [element(0, 0, "source")] });
    const warm = await desk.save("b", { thread: "copy", elements: [element(0, 0, "old")] });
    await desk.copy({ replaces: true });
    const late = { thread: "copy", parentId: "b", pieces: [[0, 0, 0]], mustNotRevive: true } as const;
    expect(await desk.put("c", { ...late, threadEpoch: warm.epoch })).toEqual({ code: "deleted" });
    const next = { ...late, parentId: "a", mustFollow: true };
    await desk.refused("stale", "d", { ...next, threadEpoch: warm.epoch });
    const now = await desk.save("d", { thread: "copy", parentId: "a", mustNotRevive: true });
    expect(now.epoch).toBeGreaterThan(warm.epoch);
  }),
  retentionCase("goes on with logs that neither thread had", async (desk) => {
    await desk.save("a", { elements: [element(3, 0)] });
    await desk.save("b", { thread: "copy", elements: [element(8, 0)] });
    await desk.save("c", { thread: "third", elements: [element(1, 0)] });
    await desk.copy({ replaces: true });
    await desk.copy({ to: "third", replaces: true });
    expect((await desk.get({ id: "a", thread: "copy" }))?.thread.nextLog).toBe(9);
    expect((await desk.get({ id: "a", thread: "third" }))?.thread.nextLog).toBe(4);
  }),
];
