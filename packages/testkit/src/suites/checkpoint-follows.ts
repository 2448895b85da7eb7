import { expect } from "vitest";
import { checkpointCase, element } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

const mustFollow = true;
const WRITERS = 10;

/** In ascending byte order; `<` would put the emoji before U+FF5E, a dictionary the capitals after the small letters. */
const BYTE_ORDER = ["B", "Z", "a", "é", "\uff5e", "😀"];

/** Puts that are saved only as the next of their line. */
export const checkpointFollowsCases: readonly DatabaseCase[] = [
  checkpointCase("saves one checkpoint after another that must follow, the first included", async (desk) => {
    await desk.save("a", { mustFollow });
    await desk.save("b", { mustFollow, parentId: "a" });
    await desk.save("c", { mustFollow, parentId: "b", elements: [element(1, 0)] });
    expect(await desk.lineage()).toEqual(["c", "b", "a"]);
    await desk.deleteThread();
    await desk.save("d", { mustFollow });
    expect(await desk.listed()).toEqual(["d"]);
  }),
  checkpointCase("lets no line begin twice that must begin", async (desk) => {
    await desk.save("a");
    await desk.refused("moved", "b", { mustFollow });
    expect(await desk.listed()).toEqual(["a"]);
  }),
  checkpointCase("refuses what must follow another checkpoint than the greatest", async (desk) => {
    await desk.refused("moved", "a", { mustFollow, parentId: "0" });
    await desk.save("a");
    await desk.save("b", { parentId: "a" });
    for (const parentId of ["a", "0", "bb"]) {
      const thread = await desk.refused("moved", "c", { mustFollow, parentId });
      expect(thread).toEqual((await desk.get())?.thread);
    }
    expect(await desk.listed()).toEqual(["b", "a"]);
    await desk.save("c", { mustFollow, parentId: "b" });
    await desk.save("d", { parentId: "a" });
    expect(await desk.listed()).toEqual(["d", "c", "b", "a"]);
  }),
  checkpointCase("knows what must be followed by the bytes of its id", async (desk) => {
    let parentId: string | undefined;
    for (const id of BYTE_ORDER) {
      await desk.save(id, { mustFollow, parentId });
      parentId = id;
    }
    // One after another: in which order lists are is the promise of another case.
    expect(await desk.listed()).toHaveLength(BYTE_ORDER.length);
  }),
  checkpointCase("writes nothing of what must follow another checkpoint", async (desk) => {
    await desk.save("a", { elements: [element(1, 0)] });
    const before = await desk.save("b", { parentId: "a" });
    const elements = [element(1, 1), element(9, 0)];
    expect(await desk.refused("moved", "c", { mustFollow, parentId: "a", elements })).toEqual(before);
    expect(await desk.get({ id: "c" })).toBeUndefined();
    expect(await desk.listed()).toEqual(["b", "a"]);
    await desk.save("c", { mustFollow, parentId: "b", elements });
    expect(await desk.texts("c")).toEqual(["1.1", "9.0"]);
  }),
  checkpointCase("answers what must follow and is sent twice, though its line went on", async (desk) => {
    await desk.save("a");
    const put = { mustFollow, parentId: "a", elements: [element(1, 0)] };
    const first = await desk.put("b", put);
    expect(await desk.put("b", put)).toEqual({ ...first, code: "replay" });
    await desk.save("c", { parentId: "b" });
    expect(await desk.put("b", put)).toEqual({ ...first, code: "replay" });
  }),
  checkpointCase("saves one of many that must follow the same checkpoint", async (desk) => {
    // An empty line in a thread that nobody knows, and one that is not empty.
    const lines = [["unknown", undefined] as const, ["chat", "0"] as const];
    for (const [thread, parentId] of lines) {
      if (parentId !== undefined) await desk.save(parentId, { thread });
      const before = await desk.listed({ thread });
      const ids = Array.from({ length: WRITERS }, (_, index) => `writer ${index}`);
      const verdicts = await Promise.all(
        ids.map((id, log) => desk.put(id, { mustFollow, thread, parentId, elements: [element(log, 0, id)] })),
      );
      const codes = verdicts.map(({ code }) => code);
      expect(codes.filter((code) => code === "moved")).toHaveLength(WRITERS - 1);
      const winner = ids[codes.indexOf("saved")] ?? "none";
      expect(await desk.listed({ thread })).toEqual([winner, ...before]);
      expect(await desk.texts(winner, { thread })).toEqual([winner]);
    }
  }),
  checkpointCase("knows for each line by itself what must be followed", async (desk) => {
    await desk.save("a", { namespace: "one" });
    await desk.save("c", { namespace: "two" });
    await desk.save("d", { thread: "chat/2", namespace: "one" });
    await desk.save("b", { mustFollow, namespace: "one", parentId: "a" });
    await desk.save("b", { mustFollow, namespace: "three" });
    const foreign = { mustFollow, namespace: "one", parentId: "c", elements: [element(1, 0)] };
    await desk.refused("moved", "e", foreign);
    expect(await desk.listed({ thread: "chat", namespace: "one" })).toEqual(["b", "a"]);
  }),
  checkpointCase(
    "speaks of a dead epoch and a delete before a moved line, and of taken places last",
    async (desk) => {
      const runId = await desk.desk.run();
      const { epoch: threadEpoch } = await desk.save("a", { elements: [element(1, 0)] });
      await desk.deleteThread();
      await desk.save("b", { elements: [element(2, 0)] });
      const late = { mustFollow, parentId: "a", elements: [element(2, 0)] };
      await desk.refused("moved", "c", late);
      await desk.refused("stale", "c", { ...late, threadEpoch });
      await desk.refused("collision", "c", { ...late, parentId: "b" });
      await desk.desk.runs.claim(desk.desk.tenant, runId, { takeOver: true });
      const fence = { runId, epoch: 1 };
      expect(await desk.put("c", { ...late, threadEpoch, fence })).toEqual({ code: "superseded" });
      expect(await desk.listed()).toEqual(["b"]);
    },
  ),
];
