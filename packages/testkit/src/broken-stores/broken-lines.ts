import type { CheckpointPlace, CheckpointStore, Database } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

/** A store whose `get` asks for the id that `find` names where it is asked for the latest. */
function latestBy(
  name: string,
  breaks: string,
  find: (tenant: string, place: CheckpointPlace, store: CheckpointStore) => Promise<string | undefined>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const { checkpoints } = database;
      const get: CheckpointStore["get"] = async (tenant, place) => {
        const id = place.id ?? (await find(tenant, place, checkpoints));
        return checkpoints.get(tenant, { ...place, id });
      };
      return withMethods(database, { checkpoints: { get } });
    },
  };
}

/** Every id of a line, or of a name on it. */
function allOf(tenant: string, { thread, namespace, name }: CheckpointPlace, store: CheckpointStore) {
  return store.list(tenant, { thread, namespace, name, limit: 10_000 });
}

const savedLast: BrokenStore = {
  name: "takes what was saved last for the latest",
  breaks: "takes the greatest id for the latest",
  wrap(database) {
    const { checkpoints } = database;
    const last = new Map<string, string>();
    const keyOf = (tenant: string, { thread, namespace }: CheckpointPlace) =>
      JSON.stringify([tenant, thread, namespace]);
    return withMethods(database, {
      checkpoints: {
        async put(put) {
          const verdict = await checkpoints.put(put);
          if (verdict.code === "saved") last.set(keyOf(put.tenant, put.checkpoint), put.checkpoint.id);
          return verdict;
        },
        get(tenant, place) {
          const isLatest = place.id === undefined && place.name === undefined;
          return checkpoints.get(tenant, isLatest ? { ...place, id: last.get(keyOf(tenant, place)) } : place);
        },
      },
    });
  },
};

function bentList(
  name: string,
  breaks: string,
  list: (database: Database) => CheckpointStore["list"],
): BrokenStore {
  return {
    name,
    breaks,
    wrap: (database) => withMethods(database, { checkpoints: { list: list(database) } }),
  };
}

/** Stores that do not know which checkpoint is the latest, what came before it, or how to list. */
export const brokenLines: readonly BrokenStore[] = [
  savedLast,
  latestBy(
    "takes the greatest id for the latest, whatever follows it",
    "takes what follows the greatest id for the latest, though its clock ran behind",
    async (tenant, place, store) => (await allOf(tenant, place, store))[0]?.id,
  ),
  latestBy(
    "takes what follows the latest of a name for it",
    "finds the latest of a name by its id",
    async (tenant, place, store) => {
      if (place.name === undefined) return undefined;
      const [latest, ...others] = await allOf(tenant, place, store);
      return others.find(({ parentId }) => parentId === latest?.id)?.id ?? latest?.id;
    },
  ),
  latestBy(
    "compares ids as a dictionary does",
    "knows the latest by the bytes of its id",
    async (tenant, place, store) => {
      if (place.name === undefined) return undefined;
      const ids = (await allOf(tenant, place, store)).map(({ id }) => id);
      return ids.toSorted((a, b) => b.localeCompare(a, "en"))[0];
    },
  ),
  bentList(
    "lists checkpoints in ascending order",
    "lists checkpoints from the greatest id on, page by page",
    (database) => async (tenant, filter) => {
      const page = await database.checkpoints.list(tenant, filter);
      return filter.limit === 2 ? page.toReversed() : page;
    },
  ),
  bentList(
    "sorts checkpoints as a dictionary does",
    "orders checkpoints by the bytes of their ids",
    (database) => async (tenant, filter) => {
      const page = await database.checkpoints.list(tenant, filter);
      return page.toSorted((a, b) => b.id.localeCompare(a.id, "en"));
    },
  ),
  bentList(
    "takes the line with the empty name for all lines",
    "filters checkpoints by thread, line and name",
    (database) => (tenant, filter) =>
      database.checkpoints.list(tenant, { ...filter, namespace: filter.namespace || undefined }),
  ),
  {
    name: "runs in circles",
    breaks: "ends a lineage that runs in a circle",
    wrap(database) {
      const { checkpoints } = database;
      const lineage: CheckpointStore["lineage"] = async (tenant, place, limit) => {
        const once = await checkpoints.lineage(tenant, place, limit);
        const isCircle = once.some(({ id }) => id === once.at(-1)?.parentId);
        return isCircle ? [...once, ...once].slice(0, limit) : once;
      };
      return withMethods(database, { checkpoints: { lineage } });
    },
  },
];
