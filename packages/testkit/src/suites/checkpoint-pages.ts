import { expect } from "vitest";
import { checkpointCase, element } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

const walked = (held: readonly string[]) =>
  JSON.stringify({ held: Object.fromEntries(held.map((name) => [name, 1])) });

/** What frameworks need: ids that are put twice, whole pages, filters by metadata, walks through ancestors. */
export const checkpointPagesCases: readonly DatabaseCase[] = [
  checkpointCase("replaces a checkpoint of the same id where that is asked for", async (desk) => {
    await desk.save("0");
    await desk.save("a", { parentId: "0", manifest: "first", elements: [element(1, 0)] });
    await desk.save("b", { parentId: "a" });
    await desk.save("a", { manifest: "second", elements: [element(2, 0)], replaces: true });
    expect((await desk.get({ id: "a" }))?.row).toMatchObject({ manifest: "second", parentId: undefined });
    expect(await desk.texts("a")).toEqual(["2.0"]);
    expect(await desk.listed()).toEqual(["b", "a", "0"]);
    expect(await desk.lineage()).toEqual(["b", "a"]);
  }),
  checkpointCase("takes a replacing put that says the same for a replay", async (desk) => {
    const put = { parentId: "0", metadata: '{"step":1}', elements: [element(1, 0)], replaces: true };
    const first = await desk.put("a", put);
    await desk.desk.setElapsed(60);
    expect(await desk.put("a", put)).toEqual({ ...first, code: "replay" });
  }),
  checkpointCase("takes a replacing put with other texts in the same places for no replay", async (desk) => {
    const put = (text: string) => ({ step: "again", elements: [element(1, 0, text)], replaces: true });
    await desk.save("a", put("first"));
    await desk.refused("collision", "a", put("second"));
    expect(await desk.texts("a")).toEqual(["first"]);
    expect(await desk.put("a", put("first"))).toMatchObject({ code: "replay" });
    await desk.save("a", {
      step: "again",
      manifest: "2",
      elements: [element(2, 0, "second")],
      replaces: true,
    });
    expect(await desk.texts("a")).toEqual(["second"]);
  }),
  checkpointCase("gives whole pages, each element once", async (desk) => {
    const { epoch } = await desk.save("a", { elements: [element(1, 0), element(1, 1)] });
    await desk.save("b", { pieces: [[1, 1, 1]], threadEpoch: epoch, parentId: "a" });
    await desk.save("c", { namespace: "tools", elements: [element(2, 0)] });
    await desk.save("d", { thread: "other", elements: [element(1, 0, "other")] });
    await desk.write("b", [[0, "written"]]);
    const all = [
      ["d", ["other"], []],
      ["c", ["2.0"], []],
      ["b", ["1.1"], ["written"]],
      ["a", ["1.0", "1.1"], []],
    ];
    expect(await desk.page()).toEqual(all);
    expect(await desk.page({ thread: "chat" })).toEqual(all.slice(1));
    expect(await desk.page({ thread: "chat", namespace: "", before: "b" })).toEqual(all.slice(3));
    expect(await desk.page({ limit: 2 })).toEqual(all.slice(0, 2));
    const stored = await desk.store.listStored(desk.desk.tenant, { thread: "chat", limit: 3 });
    expect(stored[1]?.elements.length).toBe(3);
    expect(stored[1]).toMatchObject({ row: { thread: "chat", parentId: "a" }, thread: { epoch } });
  }),
  checkpointCase("lists what has an id", async (desk) => {
    for (const thread of ["one", "two"]) await desk.save("a", { thread });
    await desk.save("b");
    expect(await desk.listed({ id: "a" })).toEqual(["a", "a"]);
    expect(await desk.page({ id: "b", thread: "chat" })).toEqual([["b", [], []]]);
  }),
  checkpointCase("lists what has some metadata, whatever its keys and values are", async (desk) => {
    const hostile = { "'; drop table wflo.run; --": 1, __proto__x: { constructor: ["😀"] }, "a.b": null };
    await desk.save("a", { metadata: JSON.stringify({ meta: { step: 1, tags: ["x", "y"], ...hostile } }) });
    await desk.save("b", { metadata: JSON.stringify({ meta: { step: 2, tags: ["z"] } }) });
    await desk.save("c", { metadata: "no JSON" });
    const having = async (meta: object) => {
      const contains = JSON.stringify({ meta });
      const listed = await desk.listed({ contains });
      const paged = (await desk.page({ contains, thread: "chat" })) as string[][];
      expect(paged.map(([id]) => id)).toEqual(listed);
      return listed;
    };
    expect(await having({ step: 1 })).toEqual(["a"]);
    expect(await having({})).toEqual(["b", "a"]);
    expect(await having({ step: "1" })).toEqual([]);
    expect(await having({ tags: ["y"] })).toEqual(["a"]);
    expect(await having(hostile)).toEqual(["a"]);
    expect(await having({ toString: 1 })).toEqual([]);
    await desk.save("d", { metadata: String.raw`{"meta":{"of":"\u0061bc"}}` });
    expect(await having({ of: "abc" })).toEqual(["d"]);
    expect(await having({ of: "ab" })).toEqual([]);
    expect(await having(JSON.parse('{"__proto__":{}}') as object)).toEqual([]);
  }),
  checkpointCase("walks the writes of ancestors up to the value of each channel", async (desk) => {
    await desk.save("a", { metadata: walked(["notes", "log"]), elements: [element(1, 0)] });
    await desk.save("b", { parentId: "a", metadata: walked(["log"]), elements: [element(2, 0)] });
    await desk.save("c", { parentId: "b", metadata: walked([]) });
    await desk.save("d", { parentId: "c", metadata: walked(["notes", "log"]) });
    for (const id of ["a", "b", "c", "d"]) {
      await desk.write(id, [[1, `${id} notes 2`]], { taskId: "2" });
      await desk.write(id, [[0, `${id} notes 1`]], { taskId: "1" });
      const log = [{ index: 0, channel: "log", codec: 1, text: `${id} log` }];
      await desk.write(id, [], { taskId: "3", writes: log } as object);
    }
    const notes = ["a notes 1", "a notes 2", "b notes 1", "b notes 2", "c notes 1", "c notes 2"];
    expect(await desk.walk(["notes"])).toEqual([notes, [[["notes"], "a", 1]]]);
    expect(await desk.walk(["log"], { id: "d" })).toEqual([["b log", "c log"], [[["log"], "b", 1]]]);
    const [both, ends] = await desk.walk(["notes", "log"]);
    expect(both).toEqual([...notes.slice(0, 4), "b log", ...notes.slice(4), "c log"]);
    expect(ends).toEqual([
      [["log"], "b", 1],
      [["notes"], "a", 1],
    ]);
  }),
  checkpointCase("walks to the first ancestor where no value is met, and never into a fork", async (desk) => {
    await desk.save("a", { metadata: "no JSON" });
    await desk.save("b", { parentId: "a" });
    await desk.save("c", { parentId: "a", metadata: walked(["notes"]) });
    await desk.save("d", { parentId: "b" });
    for (const id of ["a", "b", "c", "d"]) await desk.write(id, [[0, id]]);
    expect(await desk.walk(["notes"])).toEqual([["a", "b"], []]);
    expect(await desk.walk(["notes"], { id: "a" })).toEqual([[], []]);
    expect(await desk.walk(["notes"], { id: "nobody" })).toEqual([[], []]);
    expect(await desk.walk(["notes"], { thread: "none" })).toEqual([[], []]);
  }),
  checkpointCase("walks past each ancestor once, also when they go round in a circle", async (desk) => {
    const ring = { thread: "ring" };
    for (const id of ["a", "b", "c", "e"]) await desk.write(id, [[0, `of ${id}`]], ring);
    await desk.save("c", ring);
    await desk.save("b", { ...ring, parentId: "c" });
    await desk.save("a", { ...ring, parentId: "b" });
    await desk.save("c", { ...ring, parentId: "a", replaces: true, step: "again" });
    await desk.save("e", { ...ring, parentId: "b" });
    expect(await desk.walk(["notes"], { ...ring, id: "e" })).toEqual([["of a", "of c", "of b"], []]);
    expect(await desk.walk(["notes"], { ...ring, id: "a" })).toEqual([["of c", "of b"], []]);
  }),
];
