import { keyOfPlace, type OutlinedCheckpoint } from "../saver/outlined-checkpoint.ts";

/**
 * The checkpoints that others cannot be read without: what their delta channels are made of, up to where each was last written whole,
 * and the pending sends of old versions. They are carriers; what they need themselves is not among them.
 */
export function neededAncestors(
  kept: ReadonlySet<OutlinedCheckpoint>,
  all: readonly OutlinedCheckpoint[],
): ReadonlySet<OutlinedCheckpoint> {
  const byPlace = new Map(all.map((checkpoint) => [keyOfPlace(checkpoint), checkpoint]));
  const parentOf = ({ namespace, parentId }: OutlinedCheckpoint) =>
    parentId === undefined ? undefined : byPlace.get(keyOfPlace({ namespace, id: parentId }));
  const needed = new Set<OutlinedCheckpoint>();
  for (const checkpoint of kept) {
    const parent = parentOf(checkpoint);
    if (checkpoint.readsSends && parent?.writesSends === true) needed.add(parent);
    const open = new Set(checkpoint.unseeded);
    const seen = new Set([checkpoint]);
    for (let at = parent; at !== undefined && open.size > 0 && !seen.has(at); at = parentOf(at)) {
      seen.add(at);
      needed.add(at);
      for (const channel of at.held) open.delete(channel);
      // The rest of the way is its own.
      const { unseeded } = at;
      if (kept.has(at) && [...open].every((channel) => unseeded.includes(channel))) break;
    }
  }
  return needed;
}
