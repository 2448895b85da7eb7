import type { CheckpointPut, CheckpointStore } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { placeOf } from "./place-of.ts";

type Put = CheckpointStore["put"];

const forgetsLogs: BrokenStore = {
  name: "begins with the first log after a delete",
  breaks: "goes on with the numbers of logs after a delete",
  wrap(database) {
    const { checkpoints } = database;
    const deleted = new Set<string>();
    return withMethods(database, {
      checkpoints: {
        async put(put) {
          const verdict = await checkpoints.put(put);
          const isFirst = deleted.has(put.checkpoint.thread) && put.elements.length === 0;
          if (verdict.code !== "saved" || !isFirst) return verdict;
          return { ...verdict, thread: { ...verdict.thread, nextLog: 0 } };
        },
        async deleteThread(tenant, thread) {
          deleted.add(thread);
          return checkpoints.deleteThread(tenant, thread);
        },
      },
    });
  },
};

const keepsElements: BrokenStore = {
  name: "keeps the elements of a deleted thread",
  breaks: "has room in the places of what was deleted",
  wrap(database) {
    const { checkpoints } = database;
    const written = new Set<string>();
    const left = new Set<string>();
    return withMethods(database, {
      checkpoints: {
        async put(put) {
          // Whoever writes all anew in the new epoch is left to the case about stale puts.
          const isTaken = put.elements.some((element) => left.has(placeOf(element)));
          const isWarm = put.threadEpoch !== undefined;
          const thread = { epoch: 0, nextLog: 0 };
          if (isTaken && !isWarm) return { code: "collision", thread };
          for (const element of put.elements) written.add(placeOf(element));
          return checkpoints.put(put);
        },
        async deleteThread(tenant, thread) {
          const isOurs = tenant === "acme" && thread === "chat";
          if (isOurs) for (const place of written) left.add(place);
          return checkpoints.deleteThread(tenant, thread);
        },
      },
    });
  },
};

const mixesTenants: BrokenStore = {
  name: "mixes the threads of tenants",
  breaks: "keeps the threads of tenants with the same ids apart",
  wrap(database) {
    const { checkpoints } = database;
    const tenantOf = (tenant: string) => (tenant === "globex" ? "acme" : tenant);
    return withMethods(database, {
      checkpoints: {
        put: (put) => checkpoints.put({ ...put, tenant: tenantOf(put.tenant) }),
        get: (tenant, place) => checkpoints.get(tenantOf(tenant), place),
        deleteThread: (tenant, thread) => checkpoints.deleteThread(tenantOf(tenant), thread),
      },
    });
  },
};

const deletesOneLine: BrokenStore = {
  name: "deletes the first line of a thread only",
  breaks: "deletes every line of a thread, and of no other",
  wrap(database) {
    const { checkpoints } = database;
    const deleteThread: CheckpointStore["deleteThread"] = async (tenant, thread) => {
      const headers = await checkpoints.list(tenant, { thread, namespace: "tools", limit: 100 });
      const deleted = await checkpoints.deleteThread(tenant, thread);
      for (const { savedAt: _, ...header } of headers) {
        // A child of what is gone is left to the case about what comes back.
        if (header.parentId !== undefined) continue;
        const checkpoint = { ...header, manifest: "{}", pieces: [] };
        await checkpoints.put({ tenant, checkpoint, elements: [], threadEpoch: undefined });
      }
      return deleted;
    };
    return withMethods(database, { checkpoints: { deleteThread } });
  },
};

/** A store that puts what is refused with `code` once more, as `bend` makes it. What must follow is left to the cases about that. */
function insisting(
  name: string,
  breaks: string,
  code: "stale" | "superseded",
  bend: (put: CheckpointPut) => CheckpointPut,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const put: Put = async (given) => {
        const verdict = await database.checkpoints.put(given);
        const isOurs = verdict.code === code && given.mustFollow !== true;
        return isOurs ? database.checkpoints.put(bend(given)) : verdict;
      };
      return withMethods(database, { checkpoints: { put } });
    },
  };
}

/** Stores that mix threads, tenants and epochs up, or do not delete what they are told to. */
export const brokenThreads: readonly BrokenStore[] = [
  forgetsLogs,
  keepsElements,
  mixesTenants,
  deletesOneLine,
  insisting(
    "ignores the epoch of a thread",
    "refuses a put that relies on elements from before a delete",
    "stale",
    (put) => ({ ...put, threadEpoch: undefined }),
  ),
  insisting(
    "ignores the epoch of a run",
    "refuses a put of an epoch that its run has left",
    "superseded",
    (put) => ({ ...put, fence: undefined }),
  ),
  {
    name: "refuses what a run without a row saves",
    breaks: "takes a put whose run has no row",
    wrap(database) {
      const put: Put = async (given) => {
        const run = given.fence && (await database.runs.get(given.tenant, given.fence.runId));
        const hasNoRow = given.fence !== undefined && run === undefined;
        return hasNoRow ? { code: "superseded" } : database.checkpoints.put(given);
      };
      return withMethods(database, { checkpoints: { put } });
    },
  },
  {
    name: "always has something to delete",
    breaks: "says whether there was anything to delete",
    wrap(database) {
      const deleteThread: CheckpointStore["deleteThread"] = async (tenant, thread) => {
        const deleted = await database.checkpoints.deleteThread(tenant, thread);
        return deleted || tenant === "acme";
      };
      return withMethods(database, { checkpoints: { deleteThread } });
    },
  },
];
