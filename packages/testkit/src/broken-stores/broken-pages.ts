import type { CheckpointFilter, CheckpointStore, Database } from "@wflo/core";
import { withMethods, type BrokenMethods, type BrokenStore } from "./broken-store.ts";

function broken(
  name: string,
  breaks: string,
  bend: (database: Database) => NonNullable<BrokenMethods["checkpoints"]>,
): BrokenStore {
  return { name, breaks, wrap: (database) => withMethods(database, { checkpoints: bend(database) }) };
}

/** A store that reads filters as `bend` makes them. */
function filtering(
  { checkpoints }: Database,
  bend: (filter: CheckpointFilter) => CheckpointFilter,
): Pick<CheckpointStore, "list" | "listStored"> {
  return {
    list: (tenant, filter) => checkpoints.list(tenant, bend(filter)),
    listStored: (tenant, filter) => checkpoints.listStored(tenant, bend(filter)),
  };
}

/** Stores that do to ids, pages and walks what frameworks do not expect. */
export const brokenPages: readonly BrokenStore[] = [
  broken(
    "keeps what is to be replaced",
    "replaces a checkpoint of the same id where that is asked for",
    ({ checkpoints }) => ({
      put(put) {
        // What is replaced while it is chosen is left to the case about that.
        const isAgain = put.checkpoint.step === "again";
        return checkpoints.put(isAgain ? put : { ...put, replaces: false });
      },
    }),
  ),
  broken(
    "replaces what says the same",
    "takes a replacing put that says the same for a replay",
    ({ checkpoints }) => ({
      async put(put) {
        const verdict = await checkpoints.put(put);
        // What has the same places and other texts is left to the case about that.
        const isAgain = verdict.code === "replay" && put.replaces === true && put.checkpoint.step !== "again";
        return isAgain ? { ...verdict, code: "saved" } : verdict;
      },
    }),
  ),
  broken(
    "compares places, not texts",
    "takes a replacing put with other texts in the same places for no replay",
    ({ checkpoints }) => ({
      async put(put) {
        const verdict = await checkpoints.put(put);
        const { thread, namespace, id, manifest } = put.checkpoint;
        if (verdict.code !== "collision" || put.replaces !== true) return verdict;
        const there = await checkpoints.get(put.tenant, { thread, namespace, id });
        if (there?.row.manifest !== manifest) return verdict;
        return { code: "replay", savedAt: there.row.savedAt, thread: there.thread };
      },
    }),
  ),
  broken("gives pages without writes", "gives whole pages, each element once", ({ checkpoints }) => ({
    async listStored(tenant, filter) {
      const page = await checkpoints.listStored(tenant, filter);
      return page.map((stored) => ({ ...stored, writes: [] }));
    },
  })),
  broken("ignores which id is sought", "lists what has an id", (database) =>
    filtering(database, (filter) => ({ ...filter, id: undefined })),
  ),
  broken(
    "ignores metadata in lists",
    "lists what has some metadata, whatever its keys and values are",
    (database) => filtering(database, (filter) => ({ ...filter, contains: undefined })),
  ),
  broken(
    "leaves the writes of the last ancestor out",
    "walks the writes of ancestors up to the value of each channel",
    ({ checkpoints }) => ({
      async walk(tenant, place, request) {
        const walk = await checkpoints.walk(tenant, place, request);
        const last = new Set(walk.ends.flatMap(({ stored }) => stored.writes.map(({ text }) => text)));
        return { ...walk, writes: walk.writes.filter(({ text }) => !last.has(text)) };
      },
    }),
  ),
  broken(
    "walks to everything that is older",
    "walks to the first ancestor where no value is met, and never into a fork",
    ({ checkpoints }) => ({
      async walk(tenant, place, request) {
        const walk = await checkpoints.walk(tenant, place, request);
        const { thread, namespace } = place;
        // Circles are left to the case about them.
        if (walk.writes.length === 0 || walk.ends.length > 0 || thread === "ring") return walk;
        const older = await checkpoints.listStored(tenant, { thread, namespace, before: "d", limit: 100 });
        return { ...walk, writes: older.toReversed().flatMap(({ writes }) => writes) };
      },
    }),
  ),
  broken(
    "walks twice round a circle",
    "walks past each ancestor once, also when they go round in a circle",
    ({ checkpoints }) => ({
      async walk(tenant, place, request) {
        const { writes, ends } = await checkpoints.walk(tenant, place, request);
        return { writes: place.thread === "ring" ? [...writes, ...writes] : writes, ends };
      },
    }),
  ),
];
