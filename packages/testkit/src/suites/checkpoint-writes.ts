import { expect } from "vitest";
import { checkpointCase } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

/** What tasks wrote beside checkpoints, and what becomes of it when the thread is deleted. */
export const checkpointWritesCases: readonly DatabaseCase[] = [
  checkpointCase("gives writes back with their checkpoint as they were put", async (desk) => {
    await desk.save("a");
    const text = '"\\u0000 ü 😀"';
    const written = { index: -3, channel: "__interrupt__", codec: 2, text };
    const task = { taskId: "b7", taskPath: "~pull, node" };
    await desk.write("a", [], { ...task, writes: [written] } as object);
    expect((await desk.get({ id: "a" }))?.writes).toEqual([{ ...task, ...written }]);
    expect((await desk.get())?.writes).toEqual([{ ...task, ...written }]);
  }),
  checkpointCase("orders writes by path, task and index, texts by their bytes", async (desk) => {
    await desk.save("a");
    const order: (readonly [string, string])[] = [
      ["", "z"],
      ["B", "y"],
      ["a", "Z"],
      ["a", "a"],
      ["\uff5e", "b"],
      ["😀", "A"],
    ];
    const shuffled = [4, 1, 5, 0, 3, 2].map((place) => order[place] ?? ["", ""]);
    for (const [taskPath, taskId] of shuffled) {
      const at = order.findIndex(([path, id]) => path === taskPath && id === taskId);
      const writes = [2, -1, 10].map((index) => [index, `${at} ${index}`] as const);
      await desk.write("a", writes, { taskPath, taskId });
    }
    expect(await desk.written("a")).toEqual(
      order.flatMap((_, at) => [-1, 2, 10].map((index) => `${at} ${index}`)),
    );
  }),
  checkpointCase("keeps the first write of a task and index", async (desk) => {
    await desk.save("a");
    await desk.write("a", [
      [0, "first"],
      [1, "one"],
      [1, "another"],
    ]);
    expect(
      await desk.write("a", [
        [0, "second"],
        [2, "two"],
      ]),
    ).toBe("saved");
    expect(await desk.written("a")).toEqual(["first", "one", "two"]);
  }),
  checkpointCase("lets the last write of a task and index count where it replaces", async (desk) => {
    await desk.save("a");
    await desk.write("a", [
      [-3, "first"],
      [0, "kept"],
    ]);
    const last = [
      [-3, "second"],
      [-3, "third"],
    ] as const;
    await desk.write("a", last, { replaces: true });
    expect(await desk.written("a")).toEqual(["third", "kept"]);
  }),
  checkpointCase("keeps writes that come before their checkpoint", async (desk) => {
    await desk.write("a", [[0, "early"]]);
    expect(await desk.get({ id: "a" })).toBeUndefined();
    await desk.save("a");
    expect(await desk.written("a")).toEqual(["early"]);
  }),
  checkpointCase("keeps the writes of checkpoints, lines and threads apart", async (desk) => {
    const places = [{}, { namespace: "tools" }, { thread: "other" }];
    for (const place of places) await desk.save("a", place);
    await desk.save("b");
    await desk.write("a", [[0, "one"]], { namespace: "tools" });
    for (const place of [{}, { thread: "other" }]) expect(await desk.written("a", place)).toEqual([]);
    expect(await desk.written("b")).toEqual([]);
    expect(await desk.written("a", { namespace: "tools" })).toEqual(["one"]);
  }),
  checkpointCase("deletes writes with their thread", async (desk) => {
    await desk.write("a", [[0, "alone"]]);
    expect(await desk.deleteThread()).toBe(true);
    await desk.save("a");
    expect(await desk.written("a")).toEqual([]);
  }),
  checkpointCase("refuses writes that come after a delete, however they hurry", async (desk) => {
    await desk.save("b");
    const outcomes = await Promise.all([
      desk.write("b", [[0, "before or after"]]),
      desk.deleteThread(),
      desk.write("b", [[1, "before or after"]]),
    ]);
    expect(outcomes[1]).toBe(true);
    expect(await desk.write("b", [[0, "late"]])).toBe("deleted");
    expect(await desk.write("a", [[0, "later"]])).toBe("deleted");
    expect(await desk.write("c", [[0, "new"]])).toBe("saved");
    for (const id of ["b", "a", "c"]) await desk.save(id);
    expect([await desk.written("b"), await desk.written("a")]).toEqual([[], []]);
    expect(await desk.written("c")).toEqual(["new"]);
  }),
  checkpointCase(
    "refuses a put that goes on from what was deleted, where it must not revive it",
    async (desk) => {
      await desk.save("b");
      await desk.deleteThread();
      const verdict = await desk.put("c", { parentId: "b", mustNotRevive: true });
      expect(verdict).toEqual({ code: "deleted" });
      expect(await desk.put("c", { parentId: "a", mustNotRevive: true })).toEqual({ code: "deleted" });
      expect(await desk.listed()).toEqual([]);
      await desk.save("e", { parentId: "d", mustNotRevive: true });
      await desk.save("a", { mustNotRevive: true });
      await desk.save("f", { parentId: "a", mustNotRevive: true });
      expect(await desk.listed()).toEqual(["f", "e", "a"]);
    },
  ),
  checkpointCase("counts what it refused as deleted, with the writes of its tasks", async (desk) => {
    const late = { thread: "late", mustNotRevive: true };
    const tools = { thread: "late", namespace: "tools" };
    await desk.save("b", late);
    await desk.deleteThread("late");
    expect(await desk.write("d", [[0, "before"]], { thread: "late" })).toBe("saved");
    expect(await desk.write("d", [[0, "before"]], tools)).toBe("saved");
    expect(await desk.put("d", { parentId: "b", ...late })).toEqual({ code: "deleted" });
    expect(await desk.write("d", [[1, "after"]], { thread: "late" })).toBe("deleted");
    expect(await desk.put("e", { parentId: "d", ...late })).toEqual({ code: "deleted" });
    await desk.save("d", late);
    expect(await desk.written("d", { thread: "late" })).toEqual([]);
    await desk.save("d", tools);
    expect(await desk.written("d", tools)).toEqual(["before"]);
  }),
  checkpointCase("stores no writes beside a put that it refuses, however they hurry", async (desk) => {
    const late = { thread: "late", mustNotRevive: true };
    const ids = Array.from({ length: 8 }, (_, index) => `${index + 2}`);
    await desk.save("1", late);
    await desk.deleteThread("late");
    const outcomes = await Promise.all(
      ids.flatMap((id) => [
        desk.write(id, [[0, "one"]], { thread: "late" }),
        desk.put(id, { parentId: "1", ...late }),
        desk.write(id, [[1, "other"]], { thread: "late" }),
      ]),
    );
    expect(outcomes.filter((_, at) => at % 3 === 1)).toEqual(ids.map(() => ({ code: "deleted" })));
    for (const id of ids) {
      await desk.save(id, late);
      expect(await desk.written(id, { thread: "late" })).toEqual([]);
    }
  }),
];
