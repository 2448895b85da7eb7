import type { CheckpointStore } from "@wflo/core";
import { withMethods, type BrokenMethods, type BrokenStore } from "./broken-store.ts";

function broken(
  name: string,
  breaks: string,
  methods: (store: CheckpointStore) => NonNullable<BrokenMethods["checkpoints"]>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap: (database) => withMethods(database, { checkpoints: methods(database.checkpoints) }),
  };
}

/** Stores whose copies are not what they should be. */
export const brokenCopies: readonly BrokenStore[] = [
  broken(
    "leaves special writes out of a copy",
    "copies every line of a thread with its elements and writes",
    (store) => ({
      async get(tenant, place) {
        const stored = await store.get(tenant, place);
        if (stored === undefined || place.thread !== "copy") return stored;
        return { ...stored, writes: stored.writes.filter(({ index }) => index >= 0) };
      },
    }),
  ),
  broken("shares writes with its copy", "keeps a copy and its source apart", (store) => ({
    async putWrites(put) {
      if (put.thread === "copy") await store.putWrites({ ...put, thread: "chat" });
      return store.putWrites(put);
    },
  })),
  broken("copies over what is there", "copies over no checkpoints unless it is to replace them", (store) => ({
    copyThread: (tenant, copy) => store.copyThread(tenant, { ...copy, replaces: true }),
  })),
  broken(
    "lets those go on that had what a copy replaced",
    "lets nobody go on with what a copy replaced",
    (store) => ({
      put(put) {
        const isCopy = put.checkpoint.thread === "copy";
        return store.put(isCopy ? { ...put, mustNotRevive: false } : put);
      },
    }),
  ),
  broken("numbers the logs of a copy anew", "goes on with logs that neither thread had", (store) => ({
    async get(tenant, place) {
      const stored = await store.get(tenant, place);
      if (stored === undefined || place.thread !== "third") return stored;
      return { ...stored, thread: { ...stored.thread, nextLog: 0 } };
    },
  })),
];
