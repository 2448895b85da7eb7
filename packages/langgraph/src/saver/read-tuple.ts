import {
  CODEC,
  RAW_CODEC,
  UnreadableCheckpointError,
  type PendingWrite,
  type StateChannel,
  type StoredCheckpoint,
} from "@wflo/core";
import type { CheckpointPendingWrite, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { readChannels, type ReadPart } from "./channel-parts.ts";
import { readBody } from "./checkpoint-body.ts";
import { configOf, threadIdOf } from "./thread-config.ts";
import { UnreadableChannelError } from "./unreadable-channel-error.ts";
import type { Part } from "./value-parts.ts";

/** LangGraph's form of a stored checkpoint, whose channels the engine has read. */
export async function readTuple(
  { row, writes }: StoredCheckpoint,
  channels: readonly StateChannel[],
  read: ReadPart,
): Promise<CheckpointTuple> {
  const { thread, namespace, id, parentId } = row;
  const named = readerAt(row, read);
  const [{ checkpoint, metadata }, values, pendingWrites] = await Promise.all([
    readBody(row.metadata, id),
    readChannels(channels, named),
    readWrites(writes, named),
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

/** Tells of what cannot be read where it stands. Rejects with `UnreadableChannelError`. */
export function readerAt(
  { thread, id }: { readonly thread: string; readonly id?: string | undefined },
  read: ReadPart,
): ReadPart {
  return async (part, channel) => {
    try {
      return await read(part, channel);
    } catch (cause) {
      throw new UnreadableChannelError(
        { threadId: threadIdOf(thread), checkpointId: id ?? "latest", channel },
        cause,
      );
    }
  };
}

/** Pending writes in the order they are stored in. */
export function readWrites(
  writes: readonly PendingWrite[],
  read: ReadPart,
): Promise<CheckpointPendingWrite[]> {
  return Promise.all(
    writes.map(async (write): Promise<CheckpointPendingWrite> => {
      return [write.taskId, write.channel, await read(partOf(write), write.channel)];
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
