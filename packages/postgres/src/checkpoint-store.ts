import type {
  CheckpointFilter,
  CheckpointPlace,
  CheckpointPut,
  CheckpointStore,
  WritesPut,
} from "@wflo/core";
import { and, asc, count, desc, eq, sql } from "drizzle-orm";
import { checkpointCondition } from "./checkpoint-condition.ts";
import { exactText } from "./exact-text.ts";
import { instantOf } from "./instant-of.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { packText } from "./packed-text.ts";
import { piecesText } from "./pieces-text.ts";
import { plainTextIn } from "./plain-text-in.ts";
import {
  readHeader,
  readPut,
  readStored,
  readWalk,
  type ContentCells,
  type PutJson,
} from "./read-checkpoint.ts";
import { checkpoint } from "./schema/checkpoint.ts";
import { TextUnpacker } from "./text-unpacker.ts";
import { threadRetention } from "./thread-retention.ts";
import { uuidOf } from "./uuid-of.ts";

const COLUMNS = 'kind, "of", log, position, codec, text, label';
const IS_THERE = "not wflo.is_expired($1, $2)";
const GET = `select ${COLUMNS} from wflo.get_checkpoint($1, $2, $3, $4, $5) where ${IS_THERE}`;
const LIST_STORED = `select ${COLUMNS} from wflo.list_stored($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11) where ${IS_THERE}`;
const WALK = `select ${COLUMNS} from wflo.walk_writes($1, $2, $3, $4, $5, $6, $7) where ${IS_THERE}`;

/** Looked up for the rows of a page only, which a join would not promise. Raw, because drizzle would leave the table's name out. */
const threadName = sql<string>`(select t.thread from wflo.thread t where t.key = wflo.checkpoint.thread_key)`;

const headerColumns = {
  thread: threadName.as("thread"),
  namespace: checkpoint.namespace,
  id: checkpoint.id,
  parentId: checkpoint.parentId,
  kind: checkpoint.kind,
  name: checkpoint.name,
  step: checkpoint.step,
  metadata: checkpoint.metadata,
  savedAt: instantOf(checkpoint.savedAt),
};

/** Checkpoints on PostgreSQL: every method is one statement, whose rules are in `migrations/`. */
export function checkpointStore(driver: MigratedDriver): CheckpointStore {
  const unpacker = new TextUnpacker();
  return {
    async put(put) {
      const args = putArgs(put);
      // Runs are locked before threads: a put that locks both goes alone.
      const answer =
        put.fence === undefined
          ? driver.callTogether({
              name: "put_checkpoint",
              args,
              lock: lockOf(put.tenant, put.checkpoint.thread),
            })
          : driver.call("put_checkpoint", args);
      return readPut((await answer) as PutJson);
    },
    async get(tenant, place) {
      const rows = await driver.query({ text: GET, params: placeArgs(tenant, place), name: "wflo_get" });
      return readStored(rows as unknown as readonly ContentCells[], unpacker)[0];
    },
    async lineage(tenant, place, limit) {
      const [tenantId, thread, namespace, id, name] = placeArgs(tenant, place);
      const query = driver.orm
        .select(headerColumns)
        .from(checkpoint)
        .innerJoin(
          sql`wflo.lineage(${tenantId}, ${thread}, ${namespace}, ${id}, ${name}, ${limit}) l`,
          sql`l.thread_key = ${checkpoint.threadKey} and l.id = ${checkpoint.id}`,
        )
        .where(and(eq(checkpoint.namespace, namespace), sql`not wflo.is_expired(${tenantId}, ${thread})`))
        .orderBy(asc(sql`l.depth`));
      return (await driver.ordinary(query)).map(readHeader);
    },
    ...lists(driver, unpacker),
    async putWrites(put) {
      if (put.writes.length === 0) return "saved";
      const lock = lockOf(put.tenant, put.thread);
      const answer = await driver.callTogether({ name: "put_writes", args: writesArgs(put), lock });
      return answer as "saved" | "deleted";
    },
    async walk(tenant, place, { channels, endKey }) {
      const params = [...placeArgs(tenant, place), channels.map(nameOfChannel), endKey];
      const rows = await driver.query({ text: WALK, params, name: "wflo_walk" });
      return readWalk(rows as unknown as readonly ContentCells[], unpacker);
    },
    async deleteThread(tenant, thread) {
      const args = [keyOf("tenant", tenant), keyOf("thread", thread)];
      return (await driver.call("delete_thread", args)) === true;
    },
    ...threadRetention(driver),
  };
}

function lists(
  driver: MigratedDriver,
  unpacker: TextUnpacker,
): Pick<CheckpointStore, "list" | "listStored" | "count"> {
  return {
    async list(tenant, filter) {
      const query = driver.orm
        .select(headerColumns)
        .from(checkpoint)
        .where(checkpointCondition(tenant, filter));
      const page = query
        .orderBy(desc(checkpoint.id))
        .offset(filter.skip ?? 0)
        .limit(filter.limit);
      const rows = await driver.ordinary(page);
      return rows.map(readHeader);
    },
    async listStored(tenant, filter) {
      const rows = await driver.query({
        text: LIST_STORED,
        params: filterArgs(tenant, filter),
        name: "wflo_list",
      });
      return readStored(rows as unknown as readonly ContentCells[], unpacker);
    },
    async count(tenant, conditions) {
      const query = driver.orm
        .select({ found: count() })
        .from(checkpoint)
        .where(checkpointCondition(tenant, conditions));
      const [row] = await driver.ordinary(query);
      return row?.found ?? 0;
    },
  };
}

/** What a call locks that writes to a thread. */
function lockOf(tenant: string, thread: string): readonly string[] {
  return [tenant, thread];
}

/** In the order of the parameters of `wflo.put_checkpoint`. */
function putArgs({
  tenant,
  checkpoint: made,
  elements,
  threadEpoch,
  mustFollow = false,
  replaces = false,
  mustNotRevive = false,
  fence,
}: CheckpointPut): readonly unknown[] {
  const texts = elements.map(({ text }) => packText(text));
  return [
    keyOf("tenant", tenant),
    keyOf("thread", made.thread),
    keyOf("namespace", made.namespace),
    keyOf("checkpoint id", made.id),
    made.parentId === undefined ? null : keyOf("checkpoint id", made.parentId),
    made.kind,
    exactText("checkpoint name", made.name),
    made.step === undefined ? null : exactText("step path", made.step),
    made.manifest,
    piecesText(made.pieces),
    made.metadata,
    elements.map(({ log }) => log),
    elements.map(({ position }) => position),
    elements.map(({ codec }) => codec),
    orNull(texts.map(({ text }) => text)),
    orNull(texts.map(({ packed }) => packed)),
    threadEpoch,
    mustFollow,
    replaces,
    mustNotRevive,
    fence === undefined ? null : uuidOf("run id", fence.runId),
    fence === undefined ? null : fence.epoch,
  ];
}

/** In the order of the parameters of `wflo.get_checkpoint` and `wflo.lineage`. */
function placeArgs(
  tenant: string,
  { thread, namespace, id, name }: CheckpointPlace,
): readonly [string, string, string, string | null, string | null] {
  return [
    keyOf("tenant", tenant),
    keyOf("thread", thread),
    keyOf("namespace", namespace),
    id === undefined ? null : keyOf("checkpoint id", id),
    name === undefined ? null : exactText("checkpoint name", name),
  ];
}

/** In the order of the parameters of `wflo.list_stored`. */
function filterArgs(tenant: string, filter: CheckpointFilter): readonly unknown[] {
  const { thread, namespace, name, id, before, from, contains, skip = 0, limit } = filter;
  const key = (what: string, text: string | undefined) => (text === undefined ? null : keyOf(what, text));
  return [
    keyOf("tenant", tenant),
    key("thread", thread),
    key("namespace", namespace),
    name === undefined ? null : exactText("checkpoint name", name),
    key("checkpoint id", id),
    key("checkpoint id", before),
    key("checkpoint id", from),
    contains ?? null,
    (contains === undefined ? undefined : plainTextIn(contains)) ?? null,
    skip,
    limit,
  ];
}

/** In the order of the parameters of `wflo.put_writes`. */
function writesArgs(put: WritesPut): readonly unknown[] {
  // No index twice: of several, the last one replaces the others, or the first one stays.
  const ordered = put.replaces ? put.writes : put.writes.toReversed();
  const writes = [...new Map(ordered.map((write) => [write.index, write])).values()];
  const texts = writes.map(({ text }) => packText(text));
  return [
    keyOf("tenant", put.tenant),
    keyOf("thread", put.thread),
    keyOf("namespace", put.namespace),
    keyOf("checkpoint id", put.checkpointId),
    keyOf("task id", put.taskId),
    exactText("task path", put.taskPath),
    writes.map(({ index }) => index),
    writes.map(({ codec }) => codec),
    writes.map(({ channel }) => nameOfChannel(channel)),
    orNull(texts.map(({ text }) => text)),
    orNull(texts.map(({ packed }) => packed)),
    put.replaces,
  ];
}

/** An array that has nothing but null is not there: `unnest` gives nulls for it. */
function orNull(texts: readonly (string | null)[]): readonly (string | null)[] | null {
  return texts.some((text) => text !== null) ? texts : null;
}

function nameOfChannel(channel: string): string {
  return exactText("channel", channel);
}
