import type { CheckpointStore, CheckpointsDelete, ThreadOutline } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store that deletes checkpoints as of now, where `isOurs`: whatever was known when they were chosen. */
function choosingAnew(
  name: string,
  breaks: string,
  isOurs: (request: CheckpointsDelete, now: ThreadOutline) => boolean,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const { checkpoints } = database;
      const deleteCheckpoints: CheckpointStore["deleteCheckpoints"] = async (tenant, request) => {
        const verdict = await checkpoints.deleteCheckpoints(tenant, request);
        if (verdict.code === "deleted") return verdict;
        const now = await checkpoints.outline(tenant, request.thread);
        const outline = now !== undefined && isOurs(request, now) ? now : request.outline;
        return checkpoints.deleteCheckpoints(tenant, { ...request, outline });
      };
      return withMethods(database, { checkpoints: { deleteCheckpoints } });
    },
  };
}

const keepsWrites: BrokenStore = {
  name: "keeps the writes of checkpoints that it takes out",
  breaks: "deletes checkpoints with their writes and what only they named",
  wrap(database) {
    const { checkpoints } = database;
    const deleteCheckpoints: CheckpointStore["deleteCheckpoints"] = async (tenant, request) => {
      const { thread, places } = request;
      const stored = await Promise.all(places.map((place) => checkpoints.get(tenant, { thread, ...place })));
      const verdict = await checkpoints.deleteCheckpoints(tenant, request);
      for (const one of stored) {
        if (one === undefined || verdict.code !== "deleted") continue;
        const { namespace, id: checkpointId } = one.row;
        for (const { taskId, taskPath, ...write } of one.writes) {
          const task = { taskId, taskPath, writes: [write], replaces: true };
          await checkpoints.putWrites({ tenant, thread, namespace, checkpointId, ...task });
        }
      }
      return verdict;
    };
    return withMethods(database, { checkpoints: { deleteCheckpoints } });
  },
};

const readsForwards: BrokenStore = {
  name: "takes what is read backwards for what nobody names",
  breaks: "keeps what the checkpoints that are left name, whichever line they are of",
  wrap(database) {
    const { checkpoints } = database;
    let isThinned = false;
    return withMethods(database, {
      checkpoints: {
        async deleteCheckpoints(tenant, request) {
          isThinned = true;
          return checkpoints.deleteCheckpoints(tenant, request);
        },
        async get(tenant, place) {
          const stored = await checkpoints.get(tenant, place);
          const isBackwards = stored?.row.pieces.some(([, first, last]) => first > last) === true;
          return stored && isBackwards && isThinned ? { ...stored, elements: [] } : stored;
        },
      },
    });
  },
};

/** A store that knows which checkpoints it took out, and puts as `put` says. */
function knowingTaken(
  name: string,
  breaks: string,
  put: (store: CheckpointStore, taken: ReadonlySet<string>) => CheckpointStore["put"],
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const { checkpoints } = database;
      const taken = new Set<string>();
      const deleteCheckpoints: CheckpointStore["deleteCheckpoints"] = async (tenant, request) => {
        for (const { id } of request.places) taken.add(id);
        return checkpoints.deleteCheckpoints(tenant, request);
      };
      return withMethods(database, { checkpoints: { deleteCheckpoints, put: put(checkpoints, taken) } });
    },
  };
}

/** Stores that lose, keep or mix up what is taken out of threads. */
export const brokenThinning: readonly BrokenStore[] = [
  {
    name: "lists threads whatever their names begin with",
    breaks: "lists threads with how many checkpoints they have and since when, in pages",
    wrap(database) {
      const threads: CheckpointStore["threads"] = (tenant, filter) =>
        database.checkpoints.threads(tenant, { ...filter, startsWith: "" });
      return withMethods(database, { checkpoints: { threads } });
    },
  },
  {
    name: "finds threads by the first thing that is sought",
    breaks: "finds threads by what the metadata of a checkpoint contains",
    wrap(database) {
      const threads: CheckpointStore["threads"] = (tenant, filter) =>
        database.checkpoints.threads(tenant, { ...filter, containsAny: filter.containsAny?.slice(0, 1) });
      return withMethods(database, { checkpoints: { threads } });
    },
  },
  {
    name: "forgets the steps of what it outlines",
    breaks: "outlines a thread: its checkpoints and to which channels tasks wrote",
    wrap(database) {
      const outline: CheckpointStore["outline"] = async (tenant, thread) => {
        const found = await database.checkpoints.outline(tenant, thread);
        const rows = found?.checkpoints.map((row) => ({ ...row, step: undefined }));
        return found && { ...found, checkpoints: rows ?? [] };
      };
      return withMethods(database, { checkpoints: { outline } });
    },
  },
  keepsWrites,
  readsForwards,
  {
    name: "leaves writes that wait for a checkpoint",
    breaks: "deletes writes that wait for a checkpoint",
    wrap(database) {
      const deleteCheckpoints: CheckpointStore["deleteCheckpoints"] = (tenant, request) => {
        const there = new Set(request.outline.checkpoints.map(({ id }) => id));
        const places = request.places.filter(({ id }) => there.has(id));
        return database.checkpoints.deleteCheckpoints(tenant, { ...request, places });
      };
      return withMethods(database, { checkpoints: { deleteCheckpoints } });
    },
  },
  choosingAnew(
    "takes out what something has gone on from",
    "deletes no checkpoint that something has gone on from since it was chosen",
    // Several at once are left to the case about races.
    ({ outline, places }, now) => places.length === 1 && outline.state.epoch === now.state.epoch,
  ),
  choosingAnew(
    "takes out what was chosen before a delete",
    "deletes nothing that was chosen before another delete",
    ({ outline }, now) => outline.state.epoch !== now.state.epoch,
  ),
  choosingAnew(
    "takes checkpoints out while others go on from them",
    "leaves each put that races with a thinning whole",
    ({ places }) => places.length === 2,
  ),
  knowingTaken(
    "leaves the epoch of a thread as it is when it takes checkpoints out",
    "refuses a put that relies on elements which went with their checkpoint",
    (store, taken) => async (put) => {
      const verdict = await store.put(put);
      const isOurs = verdict.code === "stale" && taken.size > 0;
      return isOurs ? store.put({ ...put, threadEpoch: undefined }) : verdict;
    },
  ),
  knowingTaken(
    "takes a thinning for a delete",
    "takes what goes on from a checkpoint that was taken out",
    (store, taken) => async (put) => {
      const isTaken = put.mustNotRevive === true && taken.has(put.checkpoint.parentId ?? "");
      return isTaken ? { code: "deleted" } : store.put(put);
    },
  ),
];
