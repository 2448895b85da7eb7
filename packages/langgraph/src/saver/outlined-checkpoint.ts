import type { CheckpointHeader, LinePlace, ThreadOutline } from "@wflo/core";
import { compareWritesSortKeys, TASKS } from "@langchain/langgraph-checkpoint";
import { outlineBody, type BodyOutline } from "./checkpoint-body.ts";

/** From this version on, sends are tasks of the checkpoint itself, not writes of its parent. */
export const SENDS_ARE_TASKS = 4;

/** Channels that are held while a node is to run next. */
const START = "__start__";
const NEXT_NODE = "branch:to:";

/** A checkpoint of an outline, with what decides whether it may go. */
export interface OutlinedCheckpoint extends LinePlace, Pick<BodyOutline, "held" | "unseeded" | "runIds"> {
  readonly parentId: string | undefined;
  readonly savedAt: Date;
  /** The checkpoint whose task made the line that this one is on; undefined outside of subgraphs. */
  readonly caller: LinePlace | undefined;
  /** Whether its pending sends are writes at its parent. */
  readonly readsSends: boolean;
  readonly writesSends: boolean;
  /** Whether a run stopped here before its end: nodes are to run, or have written something. */
  readonly isUnfinished: boolean;
}

/** The checkpoints of an outline, those with smaller ids first. */
export function outlinedCheckpoints({ checkpoints, writes }: ThreadOutline): readonly OutlinedCheckpoint[] {
  const channels = new Map<string, readonly string[]>();
  for (const { namespace, checkpointId: id, channels: added } of writes) {
    const key = keyOfPlace({ namespace, id });
    channels.set(key, [...(channels.get(key) ?? []), ...added]);
  }
  return checkpoints.map((row) => outlined(row, channels.get(keyOfPlace(row)) ?? [])).toSorted(byId);
}

/** A place as the key of a map. */
export function keyOfPlace({ namespace, id }: LinePlace): string {
  return JSON.stringify([namespace, id]);
}

/** By the bytes of their ids, as stores have it. */
export function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return compareWritesSortKeys([one.id, "", 0], [other.id, "", 0]);
}

function outlined(row: CheckpointHeader, channels: readonly string[]): OutlinedCheckpoint {
  const { namespace, id, parentId, savedAt, metadata } = row;
  const { v, held, unseeded, callers, runIds } = outlineBody(metadata);
  const isNext = [...held].some((name) => name === START || name.startsWith(NEXT_NODE));
  return {
    namespace,
    id,
    parentId,
    savedAt,
    held,
    unseeded,
    runIds,
    caller: callerOf(namespace, callers),
    readsSends: v < SENDS_ARE_TASKS,
    writesSends: channels.includes(TASKS),
    isUnfinished: isNext || channels.length > 0,
  };
}

/** The nearest of the namespaces around one; only calls of tasks, whose namespaces have an id, end with their caller. */
function callerOf(namespace: string, callers: BodyOutline["callers"]): LinePlace | undefined {
  if (!namespace.includes(":")) return undefined;
  const around = Object.keys(callers).filter((name) => name === "" || namespace.startsWith(`${name}|`));
  const [nearest] = around.toSorted((one, other) => other.length - one.length);
  const id = nearest === undefined ? undefined : callers[nearest];
  return nearest === undefined || id === undefined ? undefined : { namespace: nearest, id };
}
