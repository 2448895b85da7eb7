import type { CheckpointConditions, CheckpointFilter } from "@wflo/core";
import { brokenCheckpointStore, type BrokenStore } from "./broken-store.ts";

/** A store that counts by choices as `bend` makes them. */
function counting(
  name: string,
  breaks: string,
  bend: (conditions: CheckpointConditions) => CheckpointConditions,
): BrokenStore {
  return brokenCheckpointStore(name, breaks, (store) => ({
    count: (tenant, conditions) => store.count(tenant, bend(conditions)),
  }));
}

/** A store that reads the filters of lists as `bend` makes them. */
function listing(
  name: string,
  breaks: string,
  bend: (filter: CheckpointFilter) => CheckpointFilter,
): BrokenStore {
  return brokenCheckpointStore(name, breaks, (store) => ({
    list: (tenant, filter) => store.list(tenant, bend(filter)),
    listStored: (tenant, filter) => store.listStored(tenant, bend(filter)),
  }));
}

/** Stores that count wrongly, and begin or end pages elsewhere. */
export const brokenCounts: readonly BrokenStore[] = [
  counting(
    "counts what is left of a page",
    "counts what is sought: nothing on an empty database, and else all of it",
    (conditions) => ({ ...conditions, before: undefined }),
  ),
  counting(
    "ignores metadata in counts",
    "counts what has some metadata, whatever is in it",
    (conditions) => ({
      ...conditions,
      contains: undefined,
    }),
  ),
  brokenCheckpointStore("counts other tenants", "counts nothing of another tenant's", (store) => {
    const tenants = new Set<string>();
    return {
      put(request) {
        tenants.add(request.tenant);
        return store.put(request);
      },
      async count(tenant, conditions) {
        let sum = 0;
        for (const each of new Set([tenant, ...tenants])) sum += await store.count(each, conditions);
        return sum;
      },
    };
  }),
  brokenCheckpointStore(
    "counts what it ever saw",
    "counts nothing that was deleted, and once what was replaced",
    (store) => {
      let deleted = 0;
      return {
        async deleteThread(tenant, thread) {
          deleted += await store.count(tenant, { thread });
          return store.deleteThread(tenant, thread);
        },
        count: async (tenant, conditions) => deleted + (await store.count(tenant, conditions)),
      };
    },
  ),
  listing(
    "lists what is smaller than the least id",
    "lists no smaller id than the least that is sought",
    (filter) => ({ ...filter, from: undefined }),
  ),
  listing(
    "begins every page with the first one",
    "skips so many of those that are sought before a page begins",
    (filter) => ({ ...filter, skip: undefined }),
  ),
];
