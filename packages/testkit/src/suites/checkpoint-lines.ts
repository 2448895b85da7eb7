import { expect } from "vitest";
import { checkpointCase, type CheckpointDesk } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

/** In ascending byte order; `<` would put the emoji before U+FF5E. */
const BYTE_ORDER = ["B", "Z", "a", "a-2", "a/1", "a2", "é", "\uff5e", "😀"];

/** Saves checkpoints one after another, a second apart, each given as id, parent and name. */
async function saveAll(
  desk: CheckpointDesk,
  rows: readonly (readonly [id: string, parentId?: string | undefined, name?: string])[],
): Promise<void> {
  for (const [index, [id, parentId, name = "draft"]] of rows.entries()) {
    await desk.desk.setElapsed(index);
    await desk.save(id, { parentId, name });
  }
}

/** Which checkpoint is the latest, which came before it, and lists. */
export const checkpointLinesCases: readonly DatabaseCase[] = [
  checkpointCase("takes the greatest id for the latest", async (desk) => {
    await saveAll(desk, [["a"], ["d"], ["c"], ["b", "a"]]);
    expect(await desk.at()).toBe("d");
    await desk.save("e", { parentId: "a" });
    expect(await desk.at()).toBe("e");
  }),
  checkpointCase(
    "takes what follows the greatest id for the latest, though its clock ran behind",
    async (desk) => {
      await saveAll(desk, [["a"], ["e", "a"], ["c", "e"]]);
      expect(await desk.at()).toBe("c");
      expect(await desk.lineage()).toEqual(["c", "e", "a"]);
      await desk.desk.setElapsed(10);
      await desk.save("d", { parentId: "c" });
      expect(await desk.at()).toBe("d");
      await desk.desk.setElapsed(20);
      await desk.save("b", { parentId: "e" });
      expect(await desk.at()).toBe("b");
      expect(await desk.listed({ limit: 1 })).toEqual(["e"]);
    },
  ),
  checkpointCase("finds the latest of a name by its id", async (desk) => {
    await saveAll(desk, [
      ["a", undefined, "final"],
      ["c", undefined, "final"],
      ["b", "c", "final"],
      ["d", "c", "draft"],
    ]);
    expect(await desk.at({ name: "final" })).toBe("c");
    expect(await desk.at({ name: "draft" })).toBe("d");
    expect(await desk.at({ name: "fin" })).toBeUndefined();
    expect(await desk.lineage({ name: "final" })).toEqual(["c"]);
  }),
  checkpointCase("knows nothing of places where nothing was saved", async (desk) => {
    expect(await desk.get()).toBeUndefined();
    await desk.save("a");
    for (const place of [{ id: "b" }, { name: "other" }, { namespace: "tools" }, { thread: "chat/2" }]) {
      expect(await desk.get(place)).toBeUndefined();
      expect(await desk.lineage(place)).toEqual([]);
    }
  }),
  checkpointCase("follows a branch up to its root and no other", async (desk) => {
    await saveAll(desk, [["a"], ["b", "a"], ["c", "b"], ["d", "b"], ["e", "d"]]);
    expect(await desk.lineage()).toEqual(["e", "d", "b", "a"]);
    expect(await desk.lineage({ id: "c" })).toEqual(["c", "b", "a"]);
    expect(await desk.lineage({ id: "e" }, 2)).toEqual(["e", "d"]);
    expect(await desk.lineage({ id: "a" }, 1)).toEqual(["a"]);
  }),
  checkpointCase("ends a lineage where a parent is missing", async (desk) => {
    await saveAll(desk, [
      ["b", "a"],
      ["c", "b"],
    ]);
    expect(await desk.lineage()).toEqual(["c", "b"]);
    await desk.save("a");
    expect(await desk.lineage()).toEqual(["c", "b", "a"]);
  }),
  checkpointCase("ends a lineage that runs in a circle", async (desk) => {
    await saveAll(desk, [
      ["a", "c"],
      ["b", "a"],
      ["c", "b"],
      ["x", "x"],
    ]);
    expect(await desk.lineage({ id: "b" })).toEqual(["b", "a", "c"]);
    expect(await desk.lineage({ id: "x" })).toEqual(["x"]);
  }),
  checkpointCase("lists checkpoints from the greatest id on, page by page", async (desk) => {
    for (const [index, id] of ["c", "a", "e", "d", "b"].entries()) {
      await desk.save(id, { thread: `chat/${index % 2}` });
    }
    expect(await desk.listed({ limit: 2 })).toEqual(["e", "d"]);
    expect(await desk.listed({ before: "d", limit: 2 })).toEqual(["c", "b"]);
    expect(await desk.listed({ before: "b", limit: 2 })).toEqual(["a"]);
    expect(await desk.listed({ before: "cc", limit: 1 })).toEqual(["c"]);
    expect(await desk.listed({ before: "e", thread: "chat/0", limit: 2 })).toEqual(["c", "b"]);
  }),
  checkpointCase("orders checkpoints by the bytes of their ids", async (desk) => {
    const { length } = BYTE_ORDER;
    const scrambled = BYTE_ORDER.map((_, index) => BYTE_ORDER[(index * 4) % length] ?? "");
    for (const id of scrambled) await desk.save(id, { thread: "scrambled" });
    expect(await desk.listed()).toEqual(BYTE_ORDER.toReversed());
    expect(await desk.listed({ before: "a2", limit: 3 })).toEqual(["a/1", "a-2", "a"]);
  }),
  checkpointCase("knows the latest by the bytes of its id", async (desk) => {
    for (const id of BYTE_ORDER) {
      await desk.save(id);
      expect([await desk.at(), await desk.at({ name: "draft" })]).toEqual([id, id]);
    }
  }),
  checkpointCase("filters checkpoints by thread, line and name", async (desk) => {
    await desk.save("a", { thread: "one" });
    await desk.save("b", { thread: "one", namespace: "tools" });
    await desk.save("c", { thread: "one", namespace: "tools", name: "final" });
    await desk.save("d", { thread: "two", namespace: "tools" });
    await desk.save("e", { thread: "two", name: "final" });
    const rows = [
      [{}, ["a", "b", "c", "d", "e"]],
      [{ thread: "one" }, ["a", "b", "c"]],
      [{ namespace: "tools" }, ["b", "c", "d"]],
      [{ namespace: "" }, ["a", "e"]],
      [{ name: "final" }, ["c", "e"]],
      [{ thread: "one", namespace: "tools" }, ["b", "c"]],
      [{ thread: "one", namespace: "tools", name: "final" }, ["c"]],
      [{ thread: "two", name: "final", before: "e" }, []],
      [{ thread: "three" }, []],
    ] as const;
    for (const [filter, wanted] of rows) {
      expect((await desk.listed(filter)).toSorted(), JSON.stringify(filter)).toEqual(wanted);
    }
  }),
  checkpointCase("shows everything but the contents in lists and lineages", async (desk) => {
    const said = { parentId: "0", kind: "rollback", name: "final", step: "plan", metadata: "[1]" } as const;
    await desk.save("a", { ...said, manifest: "long" });
    const stored = await desk.get();
    const header = { thread: "chat", namespace: "", id: "a", ...said, savedAt: stored?.row.savedAt };
    const { store } = desk;
    expect(await desk.list()).toEqual([header]);
    expect(await store.lineage(desk.desk.tenant, { thread: "chat", namespace: "" }, 10)).toEqual([header]);
  }),
];
