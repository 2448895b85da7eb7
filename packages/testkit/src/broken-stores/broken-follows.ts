import type { CheckpointPut, CheckpointStore, Database, PutVerdict } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";
import { placeOf } from "./place-of.ts";

type Put = CheckpointStore["put"];

/** A store whose `put` is what `bend` makes of the true verdict on what must follow. */
function bent(
  name: string,
  breaks: string,
  bend: (verdict: PutVerdict, put: CheckpointPut, database: Database) => PutVerdict | Promise<PutVerdict>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap(database) {
      const put: Put = async (given) => {
        const verdict = await database.checkpoints.put(given);
        return given.mustFollow === true ? bend(verdict, given, database) : verdict;
      };
      return withMethods(database, { checkpoints: { put } });
    },
  };
}

/** A store that saves what it should refuse, where `isOurs` says so. */
function ignoring(name: string, breaks: string, isOurs: (put: CheckpointPut) => boolean): BrokenStore {
  return bent(name, breaks, (verdict, put, { checkpoints }) =>
    verdict.code === "moved" && isOurs(put) ? checkpoints.put({ ...put, mustFollow: false }) : verdict,
  );
}

async function greatestOf({ checkpoints }: Database, { tenant, checkpoint }: CheckpointPut) {
  const { thread, namespace } = checkpoint;
  const [greatest] = await checkpoints.list(tenant, { thread, namespace, limit: 1 });
  return greatest?.id;
}

const looksFirst: BrokenStore = {
  name: "looks at the line first and writes later",
  breaks: "saves one of many that must follow the same checkpoint",
  wrap(database) {
    const { checkpoints } = database;
    let writers = 0;
    const put: Put = async (given) => {
      writers += 1;
      const hasCompany = writers > 1;
      const verdict = await checkpoints.put(given);
      writers -= 1;
      return hasCompany && verdict.code === "moved"
        ? checkpoints.put({ ...given, mustFollow: false })
        : verdict;
    };
    return withMethods(database, { checkpoints: { put } });
  },
};

const looksAtThread: BrokenStore = {
  name: "takes the greatest id of a thread for that of a line",
  breaks: "knows for each line by itself what must be followed",
  wrap(database) {
    const { checkpoints } = database;
    const put: Put = async (given) => {
      const { thread, namespace } = given.checkpoint;
      const [greatest] = await checkpoints.list(given.tenant, { thread, limit: 1 });
      const isOther = greatest !== undefined && greatest.namespace !== namespace;
      if (!isOther || given.mustFollow !== true) return checkpoints.put(given);
      return { code: "moved", thread: { epoch: 1, nextLog: 0 } };
    };
    return withMethods(database, { checkpoints: { put } });
  },
};

const looksAtPlaces: BrokenStore = {
  name: "looks at places before it looks at the line",
  breaks: "speaks of a dead epoch and a delete before a moved line, and of taken places last",
  wrap(database) {
    const { checkpoints } = database;
    const taken = new Set<string>();
    const put: Put = async (given) => {
      const verdict = await checkpoints.put(given);
      const places = given.elements.map(placeOf);
      const isTaken = places.some((place) => taken.has(place));
      if (verdict.code === "saved") for (const place of places) taken.add(place);
      return verdict.code === "moved" && isTaken ? { ...verdict, code: "collision" } : verdict;
    };
    return withMethods(database, { checkpoints: { put } });
  },
};

/** Stores that do not heed what a put must follow. */
export const brokenFollows: readonly BrokenStore[] = [
  // Puts with elements are left to the cases about races and about what is written.
  ignoring(
    "ignores what a put must follow",
    "refuses what must follow another checkpoint than the greatest",
    ({ checkpoint, elements }) => checkpoint.parentId !== undefined && elements.length === 0,
  ),
  ignoring(
    "lets a line begin as often as it is told to",
    "lets no line begin twice that must begin",
    ({ checkpoint, elements }) => checkpoint.parentId === undefined && elements.length === 0,
  ),
  {
    name: "takes an empty line for one that moved",
    breaks: "saves one checkpoint after another that must follow, the first included",
    wrap(database) {
      const deleted = new Set<string>();
      const put: Put = async (given) => {
        // Where something was deleted before: the other cases begin their lines so.
        const isOurs = given.mustFollow === true && deleted.has(given.checkpoint.thread);
        const isFirst = given.checkpoint.parentId === undefined;
        if (isOurs && isFirst) return { code: "moved", thread: { epoch: 1, nextLog: 0 } };
        return database.checkpoints.put(given);
      };
      const deleteThread: CheckpointStore["deleteThread"] = (tenant, thread) => {
        deleted.add(thread);
        return database.checkpoints.deleteThread(tenant, thread);
      };
      return withMethods(database, { checkpoints: { put, deleteThread } });
    },
  },
  bent(
    "writes a part of a put whose line has moved",
    "writes nothing of what must follow another checkpoint",
    async (verdict, put, { checkpoints }) => {
      const [first] = put.elements;
      if (verdict.code !== "moved" || first === undefined || put.elements.length === 1) return verdict;
      const checkpoint = { ...put.checkpoint, namespace: "part", pieces: [] };
      await checkpoints.put({ ...put, checkpoint, elements: [first], mustFollow: false });
      return verdict;
    },
  ),
  bent(
    "takes what is sent twice for what comes too late",
    "answers what must follow and is sent twice, though its line went on",
    async (verdict, put, database) => {
      const isBehind = verdict.code === "replay" && (await greatestOf(database, put)) !== put.checkpoint.id;
      return isBehind ? { code: "moved", thread: verdict.thread } : verdict;
    },
  ),
  bent(
    "looks at the line before it looks for deletes",
    "speaks of a dead epoch and a delete before a moved line, and of taken places last",
    async (verdict, put, database) => {
      const hasMoved = (await greatestOf(database, put)) !== put.checkpoint.parentId;
      return verdict.code === "stale" && hasMoved ? { ...verdict, code: "moved" } : verdict;
    },
  ),
  looksFirst,
  looksAtThread,
  looksAtPlaces,
];
