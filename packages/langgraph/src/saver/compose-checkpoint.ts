import { InvalidOptionError, type ComposeChannels, type StateChannel } from "@wflo/core";
import type { ChannelVersions, Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { writeChannel } from "./channel-parts.ts";
import { deltaChannels, heldVersions, metadataText, writeBody } from "./checkpoint-body.ts";
import { ParentGoneError } from "./parent-gone-error.ts";
import type { ValueParts } from "./value-parts.ts";

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
  /** Whether its parent is gone where it is imported from: what was deleted here has nothing to do with that. */
  readonly isOrphan?: boolean | undefined;
}

/**
 * Throws `InvalidOptionError` for what LangGraph does not put: its ancestors would be looked for in a circle, or nobody could tell what of it
 * is new.
 */
export function checkPut({ checkpoint, newVersions, parentId }: CheckpointToPut): void {
  if (typeof newVersions !== "object" || newVersions === null) {
    throw new InvalidOptionError(
      "put() needs newVersions, the versions of the channels that changed: put(config, checkpoint, metadata, newVersions). Of a " +
        "first checkpoint they are checkpoint.channel_versions.",
    );
  }
  if (checkpoint.id !== parentId) return;
  throw new InvalidOptionError(
    `Checkpoint ${parentId} cannot be its own parent: pass the config of the one it goes on from, or none.`,
  );
}

/** The checkpoint that has the channels that did not change: the parent; for one without, what is replaced. */
export function baseIdOf({ checkpoint, newVersions, parentId }: CheckpointToPut): string | undefined {
  if (parentId !== undefined) return parentId;
  const isWhole = Object.keys(checkpoint.channel_versions ?? {}).every((name) =>
    Object.hasOwn(newVersions, name),
  );
  return isWhole ? undefined : checkpoint.id;
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
    const body = writeBody(checkpoint, await meta, new Set([...kept, ...written]), runId);
    return { channels: channels.flat(), kept, metadata: body };
  };
}
