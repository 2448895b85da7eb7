import type { ComposeChannels, StateChannel } from "@wflo/core";
import type { ChannelVersions, Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { sizeOf, writeChannel } from "./channel-parts.ts";
import { deltaChannels, heldVersions, metadataText, writeBody } from "./checkpoint-body.ts";
import { ParentGoneError } from "./parent-gone-error.ts";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";
import type { ValueParts } from "./value-parts.ts";

/** What the channels of a checkpoint may take that are written with it. Characters. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** A checkpoint that LangGraph puts. */
export interface CheckpointToPut {
  readonly checkpoint: Checkpoint;
  readonly metadata: CheckpointMetadata;
  /** The channels that changed since the parent. */
  readonly newVersions: ChannelVersions;
  readonly parentId: string | undefined;
  /** The run that made it, if its caller said. */
  readonly runId?: string | undefined;
  /** Whether it is saved although its parent is gone and a delta channel of it cannot be read. */
  readonly isImport?: boolean | undefined;
}

/**
 * What is written of a checkpoint: the channels that changed. The others stay as they are at the parent; where that has them not, or
 * is gone, they are written too. What changed goes through the serializer at once: the caller may change its state while the parent is
 * read, and between two attempts. Rejects with `UnsavableChannelError`, and with `ParentGoneError` where the others cannot be written.
 */
export function composeCheckpoint(
  { checkpoint, metadata, newVersions, parentId, runId, isImport = false }: CheckpointToPut,
  parts: ValueParts,
): ComposeChannels {
  const values = (checkpoint.channel_values ?? {}) as Readonly<Record<string, unknown>>;
  const hasValue = (name: string) => Object.hasOwn(values, name) && values[name] !== undefined;
  const begun = new Map<string, Promise<readonly StateChannel[]>>();
  const write = (name: string) => {
    const channels = begun.get(name) ?? writeChannel(name, values[name], parts);
    begun.set(name, channels);
    return channels;
  };
  const changed = Object.keys(newVersions).filter(hasValue);
  const meta = metadataText(metadata);
  for (const early of [...changed.map(write), meta]) early.catch(() => {});
  return async (base) => {
    const known = base === undefined ? {} : heldVersions(base.metadata);
    if (base === undefined && parentId !== undefined && !isImport) {
      const lost = deltaChannels(metadata).find((name) => values[name] === undefined);
      if (lost !== undefined) throw new ParentGoneError(parentId, lost);
    }
    const kept = new Set<string>();
    const written: string[] = [];
    for (const [name, version] of Object.entries(checkpoint.channel_versions ?? {})) {
      if (Object.hasOwn(newVersions, name)) {
        if (hasValue(name)) written.push(name);
      } else if (Object.hasOwn(known, name) && known[name] === version) {
        kept.add(name);
      } else if (hasValue(name) && parentId !== undefined) {
        written.push(name);
      }
    }
    const channels = await Promise.all(written.map(write));
    checkSize(written, channels);
    const body = writeBody(checkpoint, await meta, new Set([...kept, ...written]), runId);
    return { channels: channels.flat(), kept, metadata: body };
  };
}

function checkSize(names: readonly string[], channels: readonly (readonly StateChannel[])[]): void {
  const sizes = channels.map(sizeOf);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= MAX_CHARACTERS) return;
  const largest = sizes.indexOf(Math.max(...sizes));
  const megabytes = (size: number | undefined) => Math.ceil((size ?? 0) / 1_048_576);
  throw new UnsavableChannelError(
    names[largest] ?? "",
    `takes ${megabytes(sizes[largest])} MB, and what changed takes ${megabytes(total)} MB in all, more than the 64 MB of a checkpoint`,
  );
}
