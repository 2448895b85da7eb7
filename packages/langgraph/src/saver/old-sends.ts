import type { CheckpointPlace, StoredCheckpoint } from "@wflo/core";
import { maxChannelVersion, TASKS, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import type { ReadPart } from "./channel-parts.ts";
import { SENDS_ARE_TASKS } from "./outlined-checkpoint.ts";
import { readerAt, readWrites } from "./read-tuple.ts";
import { placeOf } from "./thread-config.ts";

/** What the sends of an old checkpoint are read with. */
export interface OldSends {
  readonly find: (place: CheckpointPlace) => Promise<StoredCheckpoint | undefined>;
  readonly read: ReadPart;
  readonly nextVersion: (current: undefined) => number | string;
}

/** Checkpoints of old versions have the sends that their parent's tasks wrote. */
export async function withOldSends(
  tuple: CheckpointTuple,
  { find, read, nextVersion }: OldSends,
): Promise<CheckpointTuple> {
  const { checkpoint, parentConfig } = tuple;
  if (checkpoint.v >= SENDS_ARE_TASKS || parentConfig === undefined) return tuple;
  const place = placeOf(parentConfig);
  if (place === undefined) return tuple;
  const sends = (await find(place))?.writes.filter(({ channel }) => channel === TASKS) ?? [];
  if (sends.length === 0) return tuple;
  const values = await readWrites(sends, readerAt(place, read));
  const versions = Object.values(checkpoint.channel_versions);
  const version = versions.length > 0 ? maxChannelVersion(...versions) : nextVersion(undefined);
  return {
    ...tuple,
    checkpoint: {
      ...checkpoint,
      channel_values: { ...checkpoint.channel_values, [TASKS]: values.map(([, , value]) => value) },
      channel_versions: { ...checkpoint.channel_versions, [TASKS]: version },
    },
  };
}

/** Whether a row is the checkpoint of a place. */
export function isAt(row: StoredCheckpoint["row"], place: CheckpointPlace): boolean {
  return row.id === place.id && row.namespace === place.namespace && row.thread === place.thread;
}
