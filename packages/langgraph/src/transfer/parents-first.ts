import type { LinePlace } from "@wflo/core";
import { byId, keyOfPlace } from "../saver/outlined-checkpoint.ts";

/** A checkpoint of another saver, without its contents. */
export interface SourceCheckpoint extends LinePlace {
  readonly parentId: string | undefined;
  /** How many. */
  readonly writes: number;
}

/** In the order in which they were saved: smaller ids first, but no child before its parent (the clock of a host may have run behind). */
export function parentsFirst(source: readonly SourceCheckpoint[]): readonly SourceCheckpoint[] {
  const byPlace = new Map(source.map((checkpoint) => [keyOfPlace(checkpoint), checkpoint]));
  const ordered = new Set<SourceCheckpoint>();
  for (const checkpoint of [...byPlace.values()].toSorted(byId)) {
    const branch = new Set<SourceCheckpoint>();
    let at: SourceCheckpoint | undefined = checkpoint;
    while (at !== undefined && !ordered.has(at) && !branch.has(at)) {
      branch.add(at);
      const { namespace, parentId }: SourceCheckpoint = at;
      at = parentId === undefined ? undefined : byPlace.get(keyOfPlace({ namespace, id: parentId }));
    }
    for (const one of [...branch].toReversed()) ordered.add(one);
  }
  return [...ordered];
}
