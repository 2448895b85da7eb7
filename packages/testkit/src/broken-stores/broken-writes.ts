import type { CheckpointStore, PendingWrite, StoredCheckpoint, WritesPut } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store whose writes come back as `bend` makes them. */
function bentWrites(
  name: string,
  breaks: string,
  bend: (writes: readonly PendingWrite[]) => readonly PendingWrite[],
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const get: CheckpointStore["get"] = async (tenant, place) => {
        const stored = await database.checkpoints.get(tenant, place);
        return stored && { ...stored, writes: bend(stored.writes) };
      };
      return withMethods(database, { checkpoints: { get } });
    },
  };
}

/** A store that does something else with the writes it is given. */
function bentPut(
  name: string,
  breaks: string,
  putWrites: (store: CheckpointStore, put: WritesPut) => Promise<"saved" | "deleted">,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const bent = (put: WritesPut) => putWrites(database.checkpoints, put);
      return withMethods(database, { checkpoints: { putWrites: bent } });
    },
  };
}

const keepsWrites: BrokenStore = {
  name: "keeps the writes of a deleted thread",
  breaks: "deletes writes with their thread",
  wrap(database) {
    const { checkpoints } = database;
    const early: WritesPut[] = [];
    let left: readonly WritesPut[] = [];
    return withMethods(database, {
      checkpoints: {
        async putWrites(put) {
          const isEarly = (await checkpoints.get(put.tenant, placeOf(put))) === undefined;
          if (isEarly) early.push(put);
          return checkpoints.putWrites(put);
        },
        async deleteThread(tenant, thread) {
          left = early.splice(0).filter((put) => put.tenant === tenant && put.thread === thread);
          return checkpoints.deleteThread(tenant, thread);
        },
        async get(tenant, place) {
          const stored = await checkpoints.get(tenant, place);
          return stored && withLeft(stored, left);
        },
      },
    });
  },
};

function placeOf({ thread, namespace, checkpointId }: WritesPut) {
  return { thread, namespace, id: checkpointId };
}

function withLeft(stored: StoredCheckpoint, left: readonly WritesPut[]): StoredCheckpoint {
  const own = left.filter(({ checkpointId }) => checkpointId === stored.row.id);
  const writes = own.flatMap(({ taskId, taskPath, writes: of }) =>
    of.map((one) => ({ taskId, taskPath, ...one })),
  );
  return { ...stored, writes: [...stored.writes, ...writes] };
}

/** Stores that lose, mix up or revive what tasks wrote. */
export const brokenWrites: readonly BrokenStore[] = [
  bentWrites(
    "writes NUL where a text has it escaped",
    "gives writes back with their checkpoint as they were put",
    (writes) => writes.map((write) => ({ ...write, text: write.text.replaceAll("\\u0000", "") })),
  ),
  bentWrites(
    "sorts writes by the units of their texts",
    "orders writes by path, task and index, texts by their bytes",
    (writes) => writes.toSorted((a, b) => (a.taskPath < b.taskPath ? -1 : a.taskPath > b.taskPath ? 1 : 0)),
  ),
  bentPut("lets the last write count", "keeps the first write of a task and index", (store, put) => {
    const isSpecial = put.writes.every(({ index }) => index < 0);
    const isHurried = put.checkpointId !== "a";
    return store.putWrites({ ...put, replaces: isSpecial || isHurried ? put.replaces : true });
  }),
  bentPut(
    "lets the first write count always",
    "lets the last write of a task and index count where it replaces",
    (store, put) => store.putWrites({ ...put, replaces: false }),
  ),
  bentPut(
    "drops writes without a checkpoint",
    "keeps writes that come before their checkpoint",
    async (store, put) => {
      const isThere = (await store.get(put.tenant, placeOf(put))) !== undefined;
      // Those that no checkpoint follows, or a delete does, are left to other cases.
      const isDropped = !isThere && put.writes.every(({ text }) => text === "early");
      return isDropped ? "saved" : store.putWrites(put);
    },
  ),
  bentPut(
    "puts the writes of one line on all",
    "keeps the writes of checkpoints, lines and threads apart",
    async (store, put) => {
      if (put.namespace !== "") await store.putWrites({ ...put, namespace: "" });
      return store.putWrites(put);
    },
  ),
  keepsWrites,
  bentPut(
    "says that writes after a delete are saved",
    "refuses writes that come after a delete, however they hurry",
    async (store, put) => {
      const outcome = await store.putWrites(put);
      // What comes after a put that was refused is left to the case about that.
      return put.thread === "late" ? outcome : "saved";
    },
  ),
  {
    name: "forgets what it refused",
    breaks: "counts what it refused as deleted, with the writes of its tasks",
    wrap(database) {
      const { checkpoints } = database;
      let refused: string | undefined;
      return withMethods(database, {
        checkpoints: {
          async put(put) {
            const verdict = await checkpoints.put(put);
            if (verdict.code === "deleted") refused = put.checkpoint.id;
            return verdict;
          },
          async putWrites(put) {
            const outcome = await checkpoints.putWrites(put);
            return put.checkpointId === refused ? "saved" : outcome;
          },
        },
      });
    },
  },
  {
    name: "keeps what was written beside what it refused",
    breaks: "stores no writes beside a put that it refuses, however they hurry",
    wrap(database) {
      const { checkpoints } = database;
      const left: WritesPut[] = [];
      return withMethods(database, {
        checkpoints: {
          async putWrites(put) {
            if (put.thread === "late" && put.checkpointId !== "d") left.push(put);
            return checkpoints.putWrites(put);
          },
          async get(tenant, place) {
            const stored = await checkpoints.get(tenant, place);
            const own = left.filter((put) => put.tenant === tenant && put.thread === place.thread);
            return stored && withLeft(stored, own);
          },
        },
      });
    },
  },
  {
    name: "revives what was deleted",
    breaks: "refuses a put that goes on from what was deleted, where it must not revive it",
    wrap(database) {
      const put: CheckpointStore["put"] = (given) => {
        // Copies, and threads that expire, are left to the cases about those.
        const isOurs = given.checkpoint.thread === "chat";
        return database.checkpoints.put(isOurs ? { ...given, mustNotRevive: false } : given);
      };
      return withMethods(database, { checkpoints: { put } });
    },
  },
];
