import { expect } from "vitest";
import { CheckpointEngine } from "@wflo/core";
import { wallClock } from "../fakes/wall-clock.ts";
import { saveOn, stateWalk } from "../walks/state-walk.ts";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** A writer with a memory of its own, as in another process. */
function writer(desk: CaseDesk, tenant = desk.tenant): CheckpointEngine {
  const ids = { next: () => desk.nextId() };
  return new CheckpointEngine({ tenant, store: desk.database.checkpoints, ids, clock: wallClock });
}

/** The state of a checkpoint as some other process reads it. */
async function stateAt(desk: CaseDesk, id: string, tenant = desk.tenant): Promise<unknown> {
  const reader = writer(desk, tenant);
  const stored = await reader.find({ thread: "walk", namespace: "", id });
  return stored && reader.stateOf(stored);
}

const list = (length: number) => ({
  messages: Array.from({ length }, (_, at) => ({ at, text: `message ${at}` })),
});

/** States through the engine that splits them: what is shared between checkpoints is never lost and never wrong. */
export const checkpointStatesCases: readonly DatabaseCase[] = [
  ...[1, 2, 3, 4].map((seed) =>
    databaseCase(
      `gives back every state of three writers at once, deletes in between (walk ${seed})`,
      (desk) => stateWalk(desk.database, seed),
    ),
  ),
  databaseCase("keeps the states of writers that go on from one checkpoint at once", async (desk) => {
    const { id } = await writer(desk).save(saveOn({}), list(5));
    const saved = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (at) => {
        const { messages } = list(5);
        const state = { messages: [...messages, { at, text: `of writer ${at}` }], by: at };
        const row = await writer(desk).save(saveOn({ parentId: id }), state);
        return [row.id, state] as const;
      }),
    );
    for (const [savedId, state] of saved) expect(await stateAt(desk, savedId)).toStrictEqual(state);
    expect(await stateAt(desk, id)).toStrictEqual(list(5));
  }),
  databaseCase(
    "lets a writer go on whose thread was deleted by another, with all of its state",
    async (desk) => {
      const warm = writer(desk);
      const { id } = await warm.save(saveOn({}), list(3));
      await desk.database.checkpoints.deleteThread(desk.tenant, "walk");
      const next = await warm.save(saveOn({ parentId: id }), list(4));
      expect(await stateAt(desk, next.id)).toStrictEqual(list(4));
      expect(await stateAt(desk, id)).toBeUndefined();
      const after = await warm.save(saveOn({ parentId: next.id }), list(5));
      expect(await stateAt(desk, after.id)).toStrictEqual(list(5));
    },
  ),
  databaseCase("writes all of a state whose parent never was", async (desk) => {
    const nowhere = desk.nextId();
    const { id } = await writer(desk).save(saveOn({ parentId: nowhere }), list(3));
    expect(await stateAt(desk, id)).toStrictEqual(list(3));
  }),
  databaseCase("keeps the states of two tenants apart whose threads have one name", async (desk) => {
    const [acme, globex] = [writer(desk), writer(desk, "globex")];
    const ours = await acme.save(saveOn({}), list(3));
    const theirs = await globex.save(saveOn({}), list(2));
    await desk.database.checkpoints.deleteThread("globex", "walk");
    expect(await stateAt(desk, theirs.id, "globex")).toBeUndefined();
    const next = await acme.save(saveOn({ parentId: ours.id }), list(4));
    expect(await stateAt(desk, next.id)).toStrictEqual(list(4));
    expect(await stateAt(desk, next.id, "globex")).toBeUndefined();
  }),
  databaseCase(
    "saves what follows a checkpoint under a greater id, whatever the clock says",
    async (desk) => {
      const future = "ffffffff-ffff-7fff-bfff-fffffffffff0";
      const ahead = new CheckpointEngine({
        tenant: desk.tenant,
        store: desk.database.checkpoints,
        ids: { next: () => future },
        clock: wallClock,
      });
      const { id } = await ahead.save(saveOn({}), 1);
      const behind = await writer(desk).save(saveOn({ parentId: id }), 2);
      expect(behind.id > id).toBe(true);
      const latest = await desk.database.checkpoints.get(desk.tenant, { thread: "walk", namespace: "" });
      expect(latest?.row.id).toBe(behind.id);
    },
  ),
];
