import type {
  CheckpointHeader,
  DeleteVerdict,
  OutlinedWrites,
  ThreadOutline,
  ThreadPage,
  ThreadRetention,
} from "@wflo/core";
import type { Cell } from "./driver.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";

const THREADS = "select thread, checkpoints, oldest, newest from wflo.list_threads($1, $2, $3, $4, $5)";
const OUTLINE = "select kind, body from wflo.outline_thread($1, $2)";

type Copied = Awaited<ReturnType<ThreadRetention["copyThread"]>>;

/** What becomes of threads on PostgreSQL: every method is one statement, whose rules are in `migrations/0009_retention.sql`. */
export function threadRetention(driver: MigratedDriver): ThreadRetention {
  return {
    async threads(tenant, { startsWith, after, containsAny, limit }) {
      const from = after === undefined ? null : keyOf("thread", after);
      const params = [keyOf("tenant", tenant), keyOf("thread", startsWith), from, containsAny ?? null, limit];
      return readThreads(await driver.query({ text: THREADS, params, name: "wflo_threads" }), limit);
    },
    async outline(tenant, thread) {
      const params = [keyOf("tenant", tenant), keyOf("thread", thread)];
      return readOutline(await driver.query({ text: OUTLINE, params, name: "wflo_outline" }), thread);
    },
    async deleteCheckpoints(tenant, { thread, outline, places }) {
      const verdict = await driver.call("delete_checkpoints", [
        keyOf("tenant", tenant),
        keyOf("thread", thread),
        outline.state.epoch,
        outline.sequence,
        outline.checkpoints.length,
        places.map(({ namespace }) => keyOf("namespace", namespace)),
        places.map(({ id }) => keyOf("checkpoint id", id)),
        countWrites(outline.writes, places),
      ]);
      return verdict as DeleteVerdict;
    },
    async copyThread(tenant, { from, to, replaces }) {
      const args = [keyOf("tenant", tenant), keyOf("thread", from), keyOf("thread", to), replaces];
      return (await driver.call("copy_thread", args)) as Copied;
    },
    async setTtl(tenant, thread, { ttlMs = 0, isDefault }) {
      await driver.call("set_ttl", [keyOf("tenant", tenant), keyOf("thread", thread), ttlMs, isDefault]);
    },
    async deleteExpired(tenant, { thread, limit }) {
      const args = [keyOf("tenant", tenant), thread === undefined ? null : keyOf("thread", thread), limit];
      return Number(await driver.call("delete_expired", args));
    },
  };
}

function countWrites(
  writes: readonly OutlinedWrites[],
  places: readonly { readonly namespace: string; readonly id: string }[],
): number {
  const wanted = new Set(places.map(({ namespace, id }) => JSON.stringify([namespace, id])));
  const theirs = writes.filter(({ namespace, checkpointId }) =>
    wanted.has(JSON.stringify([namespace, checkpointId])),
  );
  return theirs.reduce((sum, { channels }) => sum + channels.length, 0);
}

function readThreads(rows: readonly (readonly Cell[])[], limit: number): ThreadPage {
  const found = rows.filter(([, checkpoints]) => checkpoints !== null);
  const threads = found.map(([thread, checkpoints, oldest, newest]) => ({
    thread: String(thread),
    checkpoints: Number(checkpoints),
    oldest: new Date(Number(oldest)),
    newest: new Date(Number(newest)),
  }));
  const last = rows.length < limit ? undefined : rows.at(-1)?.[0];
  return { threads, after: typeof last === "string" ? last : undefined };
}

/** A checkpoint of `wflo.outline_thread`; times in milliseconds. */
interface OutlinedJson extends Omit<CheckpointHeader, "thread" | "parentId" | "step" | "savedAt"> {
  readonly parentId: string | null;
  readonly step: string | null;
  readonly savedAt: number;
}

function readOutline(rows: readonly (readonly Cell[])[], thread: string): ThreadOutline | undefined {
  const [head, ...rest] = rows.map(([kind, body]) => [kind, JSON.parse(String(body)) as unknown] as const);
  if (head === undefined || rest.length === 0) return undefined;
  const { sequence, ...state } = head[1] as ThreadOutline["state"] & { readonly sequence: number };
  const bodies = (kind: string) => rest.filter(([of]) => of === kind).map(([, body]) => body);
  const checkpoints = (bodies("c") as readonly OutlinedJson[]).map((row) => ({
    ...row,
    thread,
    parentId: row.parentId ?? undefined,
    step: row.step ?? undefined,
    savedAt: new Date(row.savedAt),
  }));
  return { state, sequence, checkpoints, writes: bodies("w") as readonly OutlinedWrites[] };
}
