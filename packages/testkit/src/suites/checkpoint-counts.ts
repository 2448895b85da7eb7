import { expect } from "vitest";
import { checkpointCase, type CheckpointDesk } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

/** Six checkpoints of three lines in two threads. */
async function saveSix(desk: CheckpointDesk): Promise<void> {
  const metadata = (step: number) => JSON.stringify({ step, "'; --": ["😀", null] });
  for (const id of ["a", "b", "c"]) await desk.save(id, { metadata: metadata(1) });
  await desk.save("d", { namespace: "tools", name: "final", metadata: metadata(2) });
  for (const id of ["a", "é"]) await desk.save(id, { thread: "other", metadata: "no JSON" });
}

/** Pages by numbers: how many there are, where one begins that is not the first, and the least id that is sought. */
export const checkpointCountsCases: readonly DatabaseCase[] = [
  checkpointCase("counts what is sought: nothing on an empty database, and else all of it", async (desk) => {
    expect(await desk.count()).toBe(0);
    expect(await desk.count({ thread: "chat", namespace: "", contains: "{}" })).toBe(0);
    await saveSix(desk);
    expect(await desk.count()).toBe(6);
    expect(await desk.count({ thread: "chat" })).toBe(4);
    expect(await desk.count({ thread: "nobody" })).toBe(0);
    expect(await desk.count({ namespace: "" })).toBe(5);
    expect(await desk.count({ thread: "chat", namespace: "" })).toBe(3);
    expect(await desk.count({ name: "final" })).toBe(1);
    expect(await desk.count({ id: "a" })).toBe(2);
    expect(await desk.count({ before: "b" })).toBe(2);
    expect(await desk.count({ from: "b" })).toBe(4);
    expect(await desk.count({ from: "b", before: "d", thread: "chat" })).toBe(2);
    expect(await desk.count({ from: "d", before: "b" })).toBe(0);
  }),
  checkpointCase("counts what has some metadata, whatever is in it", async (desk) => {
    await saveSix(desk);
    expect(await desk.count({ contains: "{}" })).toBe(4);
    expect(await desk.count({ contains: '{"step":1}' })).toBe(3);
    expect(await desk.count({ contains: '{"step":1}', from: "b", namespace: "" })).toBe(2);
    expect(await desk.count({ contains: '{"step":"1"}' })).toBe(0);
    expect(await desk.count({ contains: `{"'; --":["😀"]}` })).toBe(4);
    await desk.save("e", { metadata: String.raw`{"of":"\u0061bc"}` });
    expect(await desk.count({ contains: '{"of":"abc"}' })).toBe(1);
    expect(await desk.count({ contains: '{"of":"ab"}' })).toBe(0);
  }),
  checkpointCase("counts nothing of another tenant's", async (desk) => {
    await saveSix(desk);
    expect(await desk.as("other").count()).toBe(0);
    await desk.as("other").save("a");
    expect(await desk.as("other").count()).toBe(1);
    expect(await desk.count({ id: "a", thread: "chat" })).toBe(1);
  }),
  checkpointCase("counts nothing that was deleted, and once what was replaced", async (desk) => {
    await saveSix(desk);
    await desk.deleteThread("other");
    expect(await desk.count()).toBe(4);
    expect(await desk.count({ thread: "other" })).toBe(0);
    await desk.save("a", { step: "again", replaces: true });
    expect(await desk.count({ id: "a" })).toBe(1);
  }),
  checkpointCase("lists no smaller id than the least that is sought", async (desk) => {
    for (const id of ["B", "a", "a-2", "é", "\uff5e", "😀"]) await desk.save(id);
    const found = async (from: string, before?: string) => {
      const listed = await desk.listed({ from, before });
      const paged = (await desk.page({ from, before, thread: "chat" })) as string[][];
      expect(new Set(paged.map(([id]) => id))).toEqual(new Set(listed));
      return new Set(listed);
    };
    expect(await found("a")).toEqual(new Set(["😀", "\uff5e", "é", "a-2", "a"]));
    expect(await found("a-")).toEqual(new Set(["😀", "\uff5e", "é", "a-2"]));
    expect(await found("\uff5e")).toEqual(new Set(["😀", "\uff5e"]));
    expect(await found("a", "é")).toEqual(new Set(["a-2", "a"]));
    expect(await found("\u{10ffff}")).toEqual(new Set());
  }),
  checkpointCase("skips so many of those that are sought before a page begins", async (desk) => {
    for (const id of ["a", "b", "c", "d", "e"]) await desk.save(id, { namespace: "tools" });
    for (const id of ["b2", "d2"]) await desk.save(id);
    const found = async (skip: number, limit: number, before?: string) => {
      const filter = { skip, limit, before, namespace: "tools" };
      const listed = await desk.listed(filter);
      const paged = (await desk.page(filter)) as string[][];
      expect(new Set(paged.map(([id]) => id))).toEqual(new Set(listed));
      return paged.map(([id]) => id);
    };
    expect(await found(0, 2)).toEqual(["e", "d"]);
    expect(await found(2, 2)).toEqual(["c", "b"]);
    expect(await found(4, 2)).toEqual(["a"]);
    expect(await found(5, 2)).toEqual([]);
    expect(await found(1, 2, "d")).toEqual(["b", "a"]);
  }),
];
