import type { CheckpointPut, CheckpointStore, Database, Element, PutVerdict } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { placeOf } from "./place-of.ts";

type Put = CheckpointStore["put"];

/** A store whose `put` is what `bend` makes of the true verdict. */
function bent(
  name: string,
  breaks: string,
  bend: (verdict: PutVerdict, put: CheckpointPut, database: Database) => PutVerdict | Promise<PutVerdict>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const put: Put = async (given) => bend(await database.checkpoints.put(given), given, database);
      return withMethods(database, { checkpoints: { put } });
    },
  };
}

const overwrites: BrokenStore = {
  name: "overwrites an element when its put is refused",
  breaks: "never changes an element that is written",
  wrap(database) {
    const { checkpoints } = database;
    const overwritten = new Map<string, Element>();
    return withMethods(database, {
      checkpoints: {
        async put(put) {
          const verdict = await checkpoints.put(put);
          // Writers without a parent are left to the cases about races.
          const isChild = put.checkpoint.parentId !== undefined;
          if (verdict.code === "collision" && isChild)
            for (const element of put.elements) overwritten.set(placeOf(element), element);
          return verdict;
        },
        async get(tenant, place) {
          const stored = await checkpoints.get(tenant, place);
          return (
            stored && {
              ...stored,
              elements: stored.elements.map((element) => overwritten.get(placeOf(element)) ?? element),
            }
          );
        },
      },
    });
  },
};

/** Stores that lose or change what checkpoints are made of. */
export const brokenCheckpoints: readonly BrokenStore[] = [
  overwrites,
  bent(
    "writes a part of a put that collides",
    "writes nothing at all when one place is taken",
    async (verdict, put, { checkpoints }) => {
      const [first] = put.elements;
      if (verdict.code !== "collision" || first === undefined || put.elements.length === 1) return verdict;
      const checkpoint = { ...put.checkpoint, namespace: "part", pieces: [] };
      await checkpoints.put({ ...put, checkpoint, elements: [first] });
      return verdict;
    },
  ),
  {
    name: "takes a put that is sent twice for another writer's",
    breaks: "answers a put that is sent twice with the moment of the first",
    wrap(database, now) {
      const put: Put = async (given) => {
        const verdict = await database.checkpoints.put(given);
        // One that may replace is left to its own case.
        if (given.replaces === true) return verdict;
        const isLater = verdict.code === "replay" && verdict.savedAt.getTime() < now();
        return isLater ? { code: "collision", thread: verdict.thread } : verdict;
      };
      return withMethods(database, { checkpoints: { put } });
    },
  },
  {
    name: "lets the last checkpoint of an id win",
    breaks: "keeps the first of two checkpoints under one id",
    wrap(database) {
      const { checkpoints } = database;
      const manifests = new Map<string, string>();
      return withMethods(database, {
        checkpoints: {
          async put(put) {
            const verdict = await checkpoints.put(put);
            if (verdict.code === "replay") manifests.set(put.checkpoint.id, put.checkpoint.manifest);
            return verdict;
          },
          async get(tenant, place) {
            const stored = await checkpoints.get(tenant, place);
            const manifest = stored && manifests.get(stored.row.id);
            return manifest === undefined ? stored : { ...stored!, row: { ...stored!.row, manifest } };
          },
        },
      });
    },
  },
  {
    name: "gives an element as often as pieces name it",
    breaks: "gives each element of a state once, however its pieces overlap and run",
    wrap(database) {
      const get: CheckpointStore["get"] = async (tenant, place) => {
        const stored = await database.checkpoints.get(tenant, place);
        const elements = stored?.row.pieces.flatMap(([log, first, last]) => {
          const [from, to] = [Math.min(first, last), Math.max(first, last)];
          return stored.elements.filter(
            (element) => element.log === log && element.position >= from && element.position <= to,
          );
        });
        return stored && { ...stored, elements: elements ?? [] };
      };
      return withMethods(database, { checkpoints: { get } });
    },
  },
  {
    name: "forgets what was written before the parent",
    breaks: "reads what ancestors wrote with their descendants, and no more",
    wrap(database) {
      const { checkpoints } = database;
      const writers = new Map<string, string>();
      return withMethods(database, {
        checkpoints: {
          async put(put) {
            const verdict = await checkpoints.put(put);
            const { thread, id } = put.checkpoint;
            const isSaved = verdict.code === "saved" && thread === "chat";
            if (isSaved) for (const element of put.elements) writers.set(placeOf(element), id);
            return verdict;
          },
          async get(tenant, place) {
            const stored = await checkpoints.get(tenant, place);
            if (stored?.row.parentId === undefined) return stored;
            const near = [stored.row.id, stored.row.parentId];
            const elements = stored.elements.filter((element) =>
              near.includes(writers.get(placeOf(element)) ?? ""),
            );
            return { ...stored, elements };
          },
        },
      });
    },
  },
  {
    name: "looks for a free place first and writes later",
    breaks: "gives a place to one of many writers",
    wrap(database) {
      let writers = 0;
      const put: Put = async (given) => {
        writers += 1;
        const hasCompany = writers > 1;
        const verdict = await database.checkpoints.put(given);
        writers -= 1;
        // Writers who try again do so in the next log, this one is for the case about one place.
        const isOnePlace = given.elements.every(({ log }) => log === 30);
        if (!hasCompany || !isOnePlace || verdict.code !== "collision") return verdict;
        return { code: "saved", savedAt: new Date(0), thread: verdict.thread };
      };
      return withMethods(database, { checkpoints: { put } });
    },
  },
];
