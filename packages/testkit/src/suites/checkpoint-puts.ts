import { expect } from "vitest";
import type { Element, NewCheckpoint, PutVerdict } from "@wflo/core";
import { CaseDesk } from "./case-desk.ts";
import { checkpointCase, element, type CheckpointDesk } from "./checkpoint-desk.ts";
import type { DatabaseCase } from "./database-case.ts";

const WRITERS = 8;

/** Writes in a log of its own, and in the next free one as often as somebody was faster. */
async function insist(desk: CheckpointDesk, id: string, firstLog: number): Promise<readonly string[]> {
  const codes: string[] = [];
  let log = firstLog;
  while (codes.length < WRITERS) {
    const verdict = await desk.put(id, { elements: [element(log, 0, id)] });
    codes.push(verdict.code);
    if (verdict.code !== "collision") break;
    log = verdict.thread.nextLog;
  }
  return codes;
}

/** What is kept of a checkpoint, and what becomes of two that want the same place. */
export const checkpointPutsCases: readonly DatabaseCase[] = [
  checkpointCase("reads a checkpoint back as it was written", async (desk) => {
    const checkpoint: NewCheckpoint = {
      thread: "chat",
      namespace: "tools",
      id: "0002",
      parentId: "0001",
      kind: "rollback",
      name: "after the search",
      step: "plan/search",
      manifest: '{"messages":[1,0,1]}',
      pieces: [
        [1, 0, 1],
        [0, 7, 3],
      ],
      metadata: '{"source":"loop"}',
    };
    const elements: readonly Element[] = [
      { log: 1, position: 0, codec: 1, text: '"hello"' },
      { log: 1, position: 1, codec: 2, text: "compressed" },
    ];
    const { tenant } = desk.desk;
    const verdict = await desk.store.put({ tenant, checkpoint, elements, threadEpoch: undefined });
    const stored = await desk.get({ namespace: "tools", id: "0002" });
    const savedAt = verdict.code === "saved" ? verdict.savedAt : new Date(0);
    expect(stored?.row).toEqual({ ...checkpoint, savedAt });
    expect(stored?.elements.toSorted((a, b) => a.position - b.position)).toEqual(elements);
    expect(stored?.thread).toEqual(verdict.code === "saved" && verdict.thread);
    const ageMs = savedAt.getTime() - CaseDesk.start.getTime();
    expect(ageMs >= 0 && ageMs < 60_000, `saved at ${savedAt.toISOString()}`).toBe(true);
  }),
  checkpointCase("keeps a state that is made of nothing", async (desk) => {
    await desk.save("a", { kind: "fork" });
    const stored = await desk.get({ id: "a" });
    expect(stored).toMatchObject({ row: { kind: "fork", pieces: [] }, elements: [] });
    expect([stored?.row.parentId, stored?.row.step]).toEqual([undefined, undefined]);
  }),
  checkpointCase("gives each element of a state once, however its pieces overlap and run", async (desk) => {
    const elements = [0, 1, 2, 3, 4, 5].map((position) => element(1, position));
    const pieces = [
      [1, 0, 1],
      [1, 4, 1],
      [1, 1, 2],
      [1, 3, 3],
      [2, 0, 0],
      [2, 0, 0],
    ] as const;
    await desk.save("a", { elements: [...elements, element(2, 0)], pieces });
    const texts = await desk.texts("a");
    expect(texts).toEqual(["1.0", "1.1", "1.2", "1.3", "1.4", "2.0"]);
  }),
  checkpointCase("reads what ancestors wrote with their descendants, and no more", async (desk) => {
    const first = await desk.save("a", { elements: [element(1, 0), element(1, 1), element(1, 2)] });
    const second = await desk.save("b", {
      parentId: "a",
      elements: [element(1, 3)],
      pieces: [[1, 1, 3]],
      threadEpoch: first.epoch,
    });
    await desk.save("c", {
      parentId: "b",
      elements: [element(2, 0)],
      pieces: [
        [2, 0, 0],
        [1, 2, 3],
      ],
      threadEpoch: second.epoch,
    });
    expect(await desk.texts("c")).toEqual(["1.2", "1.3", "2.0"]);
    expect(await desk.texts("b")).toEqual(["1.1", "1.2", "1.3"]);
    expect(await desk.texts("a")).toEqual(["1.0", "1.1", "1.2"]);
  }),
  checkpointCase("answers a put that is sent twice with the moment of the first", async (desk) => {
    const put = { elements: [element(1, 0)] };
    const first = await desk.put("a", put);
    await desk.desk.setElapsed(60);
    expect(await desk.put("a", put)).toEqual({ ...first, code: "replay" });
    expect(await desk.listed()).toEqual(["a"]);
  }),
  checkpointCase("keeps the first of two checkpoints under one id", async (desk) => {
    await desk.save("a", { manifest: "first", elements: [element(1, 0)] });
    const again = await desk.put("a", { manifest: "second", name: "other", elements: [element(5, 0)] });
    expect(again.code).toBe("replay");
    expect((await desk.get({ id: "a" }))?.row).toMatchObject({ manifest: "first", name: "draft" });
    expect(await desk.texts("a")).toEqual(["1.0"]);
    expect(await desk.save("b", { elements: [element(4, 0)] })).toMatchObject({ nextLog: 5 });
    await desk.save("c", { elements: [element(5, 0, "free")] });
    expect(await desk.texts("c")).toEqual(["free"]);
  }),
  checkpointCase("never changes an element that is written", async (desk) => {
    await desk.save("a", { elements: [element(1, 0, "first")] });
    await desk.refused("collision", "b", { parentId: "a", elements: [element(1, 0, "second")] });
    expect(await desk.texts("a")).toEqual(["first"]);
  }),
  checkpointCase("writes nothing at all when one place is taken", async (desk) => {
    const before = await desk.save("a", { elements: [element(1, 0)] });
    const elements = [element(1, 1), element(1, 0), element(9, 0)];
    expect(await desk.refused("collision", "b", { elements })).toEqual(before);
    expect(await desk.get({ id: "b" })).toBeUndefined();
    expect(await desk.listed()).toEqual(["a"]);
    const after = await desk.save("c", { elements: [element(1, 1, "free")] });
    expect(after).toEqual(before);
    await desk.save("d", { elements: [element(9, 0, "free as well")] });
    expect(await desk.texts("c")).toEqual(["free"]);
    expect(await desk.texts("d")).toEqual(["free as well"]);
  }),
  checkpointCase("counts on from the greatest number that a log has", async (desk) => {
    const elements = [0, 2, 1].map((log) => element(log, 0));
    expect(await desk.save("a", { elements })).toMatchObject({ nextLog: 3 });
    expect(await desk.save("b", { elements: [element(1, 1)] })).toMatchObject({ nextLog: 3 });
    const collision = await desk.refused("collision", "c", { elements: [element(1, 1)] });
    expect(collision).toMatchObject({ nextLog: 3 });
    expect((await desk.get({ id: "a" }))?.thread).toMatchObject({ nextLog: 3 });
  }),
  checkpointCase("gives a place to one of many writers", async (desk) => {
    const ids = Array.from({ length: WRITERS }, (_, index) => `writer ${index}`);
    const verdicts = await Promise.all(
      ids.map(async (id): Promise<[string, PutVerdict["code"]]> => {
        const { code } = await desk.put(id, { elements: [element(30, 0, id)] });
        return [id, code];
      }),
    );
    const saved = verdicts.filter(([, code]) => code === "saved").map(([id]) => id);
    expect(saved).toHaveLength(1);
    expect(verdicts.filter(([, code]) => code === "collision")).toHaveLength(WRITERS - 1);
    expect(await desk.listed()).toEqual(saved);
    expect(await desk.texts(saved[0] ?? "")).toEqual(saved);
  }),
  checkpointCase("loses none of many writers who try again in the next log", async (desk) => {
    const { nextLog } = await desk.save("0");
    const ids = Array.from({ length: WRITERS }, (_, index) => `writer ${index}`);
    const codes = await Promise.all(ids.map((id) => insist(desk, id, nextLog)));
    expect(codes.map((of) => of.at(-1))).toEqual(ids.map(() => "saved"));
    for (const id of ids) expect(await desk.texts(id)).toEqual([id]);
  }),
  checkpointCase("saves an id once, however many send it at a time", async (desk) => {
    const verdicts = await Promise.all(
      Array.from({ length: WRITERS }, () => desk.put("a", { elements: [element(1, 0)] })),
    );
    const codes = verdicts.map(({ code }) => code).toSorted();
    expect(codes).toEqual([...Array.from({ length: WRITERS - 1 }, () => "replay"), "saved"]);
  }),
  checkpointCase("keeps what it was given, whatever becomes of it afterwards", async (desk) => {
    const elements = [{ log: 1, position: 0, codec: 1, text: "kept" }];
    const pieces: [number, number, number][] = [[1, 0, 0]];
    await desk.save("a", { elements, pieces });
    elements[0] = { ...element(1, 0), text: "changed" };
    Object.assign(pieces[0] ?? [], [2, 0, 0]);
    pieces.push([3, 0, 0]);
    expect((await desk.get({ id: "a" }))?.row.pieces).toEqual([[1, 0, 0]]);
    expect(await desk.texts("a")).toEqual(["kept"]);
  }),
];
