import type { ChannelWalk, CheckpointPlace, PendingWrite, WalkRequest } from "../ports/checkpoint-store.ts";
import { jsonOf } from "./contains-json.ts";
import type { MemoryThread } from "./memory-thread.ts";

/** The writes to some channels at the ancestors of a place, see `CheckpointStore.walk`. */
export function walkWrites(
  thread: MemoryThread | undefined,
  place: CheckpointPlace,
  { channels, endKey }: WalkRequest,
): ChannelWalk {
  const line = thread?.lines.get(place.namespace);
  const from = line?.find(place);
  if (thread === undefined || line === undefined || from === undefined) return { writes: [], ends: [] };
  const open = new Set(channels);
  const steps: (readonly PendingWrite[])[] = [];
  const ends: ChannelWalk["ends"][number][] = [];
  for (const ancestor of line.lineage(from, Number.POSITIVE_INFINITY).slice(1)) {
    if (open.size === 0) break;
    steps.push(thread.writes.of(place.namespace, ancestor.id).filter(({ channel }) => open.has(channel)));
    const ended = [...open].filter((channel) => holds(ancestor.metadata, endKey, channel));
    if (ended.length > 0) ends.push({ channels: ended, stored: thread.stored(ancestor) });
    for (const channel of ended) open.delete(channel);
  }
  return { writes: steps.toReversed().flat(), ends };
}

function holds(metadata: string, endKey: string, channel: string): boolean {
  const held: unknown = (jsonOf(metadata) as Record<string, unknown> | null | undefined)?.[endKey];
  return typeof held === "object" && held !== null && Object.hasOwn(held, channel);
}
