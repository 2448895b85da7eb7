import {
  CODEC,
  RAW_CODEC,
  UnreadableCheckpointError,
  type PendingWrite,
  type StateChannel,
  type StoredCheckpoint,
} from "@wflo/core";
import type { CheckpointPendingWrite, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { readChannels } from "./channel-parts.ts";
import { readBody } from "./checkpoint-body.ts";
import { configOf } from "./thread-config.ts";
import type { Part } from "./value-parts.ts";

/** Reads parts: anew each time, or each once for a whole list. */
export type ReadPart = (part: Part) => Promise<unknown>;

/** LangGraph's form of a stored checkpoint, whose channels the engine has read. */
export async function readTuple(
  { row, writes }: StoredCheckpoint,
  channels: readonly StateChannel[],
  read: ReadPart,
): Promise<CheckpointTuple> {
  const { thread, namespace, id, parentId } = row;
  const [{ checkpoint, metadata }, values, pendingWrites] = await Promise.all([
    readBody(row.metadata, id),
    readChannels(channels, read),
    readWrites(writes, read),
  ]);
  const parentConfig = parentId === undefined ? {} : { parentConfig: configOf(thread, namespace, parentId) };
  return {
    config: configOf(thread, namespace, id),
    checkpoint: { ...checkpoint, channel_values: values },
    metadata,
    ...parentConfig,
    pendingWrites,
  };
}

/** Pending writes in the order they are stored in. */
export function readWrites(
  writes: readonly PendingWrite[],
  read: ReadPart,
): Promise<CheckpointPendingWrite[]> {
  return Promise.all(
    writes.map(async (write): Promise<CheckpointPendingWrite> => {
      return [write.taskId, write.channel, await read(partOf(write))];
    }),
  );
}

/** The text of a part of a pending write. */
export function textOf(part: Part): { readonly codec: number; readonly text: string } {
  return typeof part === "string"
    ? { codec: RAW_CODEC, text: part }
    : { codec: CODEC, text: JSON.stringify(part) };
}

function partOf({ codec, text, channel }: PendingWrite): Part {
  if (codec === RAW_CODEC) return text;
  if (codec === CODEC) return JSON.parse(text) as Part;
  throw new UnreadableCheckpointError(channel, "a newer version of wflo wrote it");
}
