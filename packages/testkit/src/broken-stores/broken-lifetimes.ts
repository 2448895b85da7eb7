import type { CheckpointStore, ThreadOutline } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store that sets other times to live than it is told. */
function bentTtl(
  name: string,
  breaks: string,
  bend: (ttl: Parameters<CheckpointStore["setTtl"]>[2]) => Parameters<CheckpointStore["setTtl"]>[2],
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const setTtl: CheckpointStore["setTtl"] = (tenant, thread, ttl) =>
        database.checkpoints.setTtl(tenant, thread, bend(ttl));
      return withMethods(database, { checkpoints: { setTtl } });
    },
  };
}

const remembersOutlines: BrokenStore = {
  name: "outlines threads that have expired",
  breaks: "reads nothing of a thread that has expired, in whichever way",
  wrap(database) {
    const { checkpoints } = database;
    const known = new Map<string, ThreadOutline>();
    const outline: CheckpointStore["outline"] = async (tenant, thread) => {
      const found = (await checkpoints.outline(tenant, thread)) ?? known.get(`${tenant} ${thread}`);
      if (found !== undefined) known.set(`${tenant} ${thread}`, found);
      return found;
    };
    return withMethods(database, { checkpoints: { outline } });
  },
};

/** Stores that keep threads too long, not long enough, or bring them back. */
export const brokenLifetimes: readonly BrokenStore[] = [
  remembersOutlines,
  bentTtl(
    "takes for ever for a while",
    "counts the life of a thread from its last checkpoint, as long as it was set to be",
    ({ ttlMs = 100_000, isDefault }) => ({ ttlMs, isDefault }),
  ),
  {
    name: "takes a default for what was said",
    breaks: "does not change with a default what was set of a thread",
    wrap(database) {
      const own = new Set<string>();
      const setTtl: CheckpointStore["setTtl"] = (tenant, thread, { ttlMs, isDefault }) => {
        if (!isDefault) own.add(thread);
        return database.checkpoints.setTtl(tenant, thread, { ttlMs, isDefault: !own.has(thread) });
      };
      return withMethods(database, { checkpoints: { setTtl } });
    },
  },
  {
    name: "deletes what it gives a default",
    breaks: "begins a default when it is set, however old the thread is",
    wrap(database) {
      const { checkpoints } = database;
      const own = new Set<string>();
      const setTtl: CheckpointStore["setTtl"] = async (tenant, thread, ttl) => {
        await checkpoints.setTtl(tenant, thread, ttl);
        if (!ttl.isDefault) own.add(thread);
        else if (!own.has(thread)) await checkpoints.deleteThread(tenant, thread);
      };
      const copyThread: CheckpointStore["copyThread"] = (tenant, copy) => {
        own.add(copy.to);
        return checkpoints.copyThread(tenant, copy);
      };
      return withMethods(database, { checkpoints: { setTtl, copyThread } });
    },
  },
  {
    name: "deletes more expired threads than it should at once",
    breaks: "deletes threads that have expired, the longest expired first",
    wrap(database) {
      const deleteExpired: CheckpointStore["deleteExpired"] = (tenant, which) =>
        database.checkpoints.deleteExpired(tenant, { ...which, limit: 100 });
      return withMethods(database, { checkpoints: { deleteExpired } });
    },
  },
  {
    name: "brings back what had expired",
    breaks: "brings nothing back of a thread that was deleted when it had expired",
    wrap(database) {
      const { checkpoints } = database;
      const mortal = new Set<string>();
      return withMethods(database, {
        checkpoints: {
          setTtl(tenant, thread, ttl) {
            mortal.add(thread);
            return checkpoints.setTtl(tenant, thread, ttl);
          },
          put(put) {
            const isOurs = mortal.has(put.checkpoint.thread);
            return checkpoints.put(isOurs ? { ...put, mustNotRevive: false } : put);
          },
        },
      });
    },
  },
  {
    name: "gives copies the default",
    breaks: "gives a copy what was set of its source, which no default changes",
    wrap(database) {
      const { checkpoints } = database;
      const copies = new Set<string>();
      return withMethods(database, {
        checkpoints: {
          copyThread(tenant, copy) {
            copies.add(copy.to);
            return checkpoints.copyThread(tenant, copy);
          },
          setTtl(tenant, thread, { ttlMs, isDefault }) {
            const isKnown = isDefault && !copies.has(thread);
            return checkpoints.setTtl(tenant, thread, { ttlMs, isDefault: isKnown });
          },
        },
      });
    },
  },
  {
    name: "keeps copies for ever",
    breaks: "gives a copy the time of its source, from now on, unless it has one",
    wrap(database) {
      const { checkpoints } = database;
      const copyThread: CheckpointStore["copyThread"] = async (tenant, copy) => {
        const verdict = await checkpoints.copyThread(tenant, copy);
        await checkpoints.setTtl(tenant, copy.to, { ttlMs: undefined, isDefault: false });
        return verdict;
      };
      return withMethods(database, { checkpoints: { copyThread } });
    },
  },
];
