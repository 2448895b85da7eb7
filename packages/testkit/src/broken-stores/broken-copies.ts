import { brokenCheckpointStore, type BrokenStore } from "./broken-store.ts";

/** Stores whose copies are not what they should be. */
export const brokenCopies: readonly BrokenStore[] = [
  brokenCheckpointStore(
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
  brokenCheckpointStore("shares writes with its copy", "keeps a copy and its source apart", (store) => ({
    async putWrites(put) {
      if (put.thread === "copy") await store.putWrites({ ...put, thread: "chat" });
      return store.putWrites(put);
    },
  })),
  brokenCheckpointStore(
    "copies over what is there",
    "copies over no checkpoints unless it is to replace them",
    (store) => ({
      copyThread: (tenant, copy) => store.copyThread(tenant, { ...copy, replaces: true }),
    }),
  ),
  brokenCheckpointStore(
    "lets those go on that had what a copy replaced",
    "lets nobody go on with what a copy replaced",
    (store) => ({
      put(put) {
        const isCopy = put.checkpoint.thread === "copy";
        return store.put(isCopy ? { ...put, mustNotRevive: false } : put);
      },
    }),
  ),
  brokenCheckpointStore(
    "numbers the logs of a copy anew",
    "goes on with logs that neither thread had",
    (store) => ({
      async get(tenant, place) {
        const stored = await store.get(tenant, place);
        if (stored === undefined || place.thread !== "third") return stored;
        return { ...stored, thread: { ...stored.thread, nextLog: 0 } };
      },
    }),
  ),
];
