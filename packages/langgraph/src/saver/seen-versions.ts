import type { Checkpoint } from "@langchain/langgraph-checkpoint";

/** What one node has seen: its name, then channel and version in turn. A channel is its place among names that stand elsewhere, or its name. */
export type SeenByNode = readonly [node: string, ...(number | string)[]];

/** Versions that nodes have seen, without the names of channels, which a checkpoint has already. */
export function writeSeen(seen: Checkpoint["versions_seen"], names: readonly string[]): SeenByNode[] {
  // A name that the store changes might become another's.
  const isExact = names.every((name) => name.isWellFormed() && !name.includes("\u0000"));
  const places = new Map(isExact ? names.map((name, place) => [name, place]) : []);
  return Object.entries(seen).map(([node, versions]): SeenByNode => {
    const pairs = Object.entries(versions).flatMap(([name, version]) => [places.get(name) ?? name, version]);
    return [node, ...pairs];
  });
}

/** What `writeSeen` was given, with the same names. */
export function readSeen(
  written: readonly SeenByNode[],
  names: readonly string[],
): Checkpoint["versions_seen"] {
  const byNode = written.map(([node, ...pairs]): [string, Record<string, number | string>] => {
    const versions = Array.from({ length: pairs.length / 2 }, (_, at): [string, number | string] => {
      const [channel = "", version = 0] = pairs.slice(2 * at);
      return [typeof channel === "number" ? (names[channel] ?? "") : channel, version];
    });
    return [node, Object.fromEntries(versions)];
  });
  return Object.fromEntries(byNode);
}
