import { InvalidOptionError, type CheckpointPlace } from "@wflo/core";
import { getCheckpointId } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { checkedName } from "./checked-name.ts";

/** Threads of runs and of other frameworks may have the same names. */
const PREFIX = "langgraph/";

/** What every checkpoint of this package is called; it tells them from those of runs. */
export const CHECKPOINT_NAME = "langgraph";

/** What the keys of every database hold. Bytes of UTF-8. */
const MAX_THREAD_ID = 900;
const MAX_NAMESPACE = 1_000;
const MAX_ID = 500;

/** The store's name of a LangGraph thread. Throws `InvalidOptionError` for what is none: all objects would be one thread. */
export function threadOf(threadId: unknown): string {
  if (typeof threadId === "string" || typeof threadId === "number" || typeof threadId === "bigint")
    return PREFIX + checkedName("thread_id", String(threadId), MAX_THREAD_ID);
  throw new InvalidOptionError(
    `A thread_id is a text or a number, not ${Array.isArray(threadId) ? "a list" : `of type ${typeof threadId}`}. Pass the id of the thing, as in thread_id: user.id.`,
  );
}

/** LangGraph's name of a thread of the store. */
export function threadIdOf(thread: string): string {
  return thread.slice(PREFIX.length);
}

/** Where a config leads; undefined without a thread id. */
export function placeOf({ configurable }: RunnableConfig): CheckpointPlace | undefined {
  const threadId: unknown = configurable?.["thread_id"];
  if (threadId === undefined || threadId === null) return undefined;
  const id = getCheckpointId({ configurable: configurable ?? {} });
  return {
    thread: threadOf(threadId),
    namespace: namespaceOf(configurable) ?? "",
    id: id === "" ? undefined : checkedId("checkpoint_id", id),
  };
}

/** As `placeOf`. Throws `InvalidOptionError` where a thread is needed. */
export function placeToWrite(config: RunnableConfig, what: string): CheckpointPlace {
  const place = placeOf(config);
  if (place !== undefined) return place;
  throw new InvalidOptionError(
    `${what} needs a thread: pass a thread_id, as in graph.invoke(input, { configurable: { thread_id: "42" } }).`,
  );
}

/** Undefined when a config names none, which in a list means all. */
export function namespaceOf(configurable: RunnableConfig["configurable"]): string | undefined {
  const namespace: unknown = configurable?.["checkpoint_ns"];
  return typeof namespace === "string" ? checkedName("checkpoint_ns", namespace, MAX_NAMESPACE) : undefined;
}

/** The id of a checkpoint or task. Throws `InvalidOptionError`. */
export function checkedId(what: string, id: string): string {
  return checkedName(what, id, MAX_ID);
}

/** The config of a checkpoint. */
export function configOf(thread: string, namespace: string, id: string): RunnableConfig {
  return { configurable: { thread_id: threadIdOf(thread), checkpoint_ns: namespace, checkpoint_id: id } };
}

/** A config without its checkpoint. */
export function withoutId({ configurable }: RunnableConfig): RunnableConfig {
  const { checkpoint_id: _, thread_ts: __, ...place } = configurable ?? {};
  return { configurable: place };
}

/** The run that its caller named: `invoke(input, { metadata: { run_id } })`. */
export function runIdOf({ metadata }: RunnableConfig): string | undefined {
  const runId: unknown = metadata?.["run_id"];
  return typeof runId === "string" ? runId : undefined;
}

/** The threads of this package, for `ThreadRetention.threads`. */
export const ALL_THREADS = { startsWith: PREFIX };
