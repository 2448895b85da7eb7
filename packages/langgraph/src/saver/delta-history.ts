import type { ChannelWalk, CheckpointEngine } from "@wflo/core";
import type { DeltaChannelHistory } from "@langchain/langgraph-checkpoint";
import { readChannels, type ReadPart } from "./channel-parts.ts";
import { readWrites } from "./read-tuple.ts";

/** What a walk found, by channel: the writes, oldest first, and the value they are applied to, if there is one. */
export async function readHistory(
  { writes, ends }: ChannelWalk,
  channels: readonly string[],
  engine: CheckpointEngine,
  read: ReadPart,
): Promise<Record<string, DeltaChannelHistory>> {
  const seeds = new Map<string, unknown>();
  for (const { channels: names, stored } of ends) {
    const wanted = new Set(names);
    const [all = []] = engine.channelsOfEach([stored]);
    const values = await readChannels(
      all.filter(({ path: [name] }) => name !== undefined && wanted.has(name)),
      read,
    );
    for (const name of names) seeds.set(name, values[name]);
  }
  const found = await readWrites(writes, read);
  return Object.fromEntries(
    channels.map((name): [string, DeltaChannelHistory] => {
      const own = found.filter(([, channel]) => channel === name);
      return [name, seeds.has(name) ? { writes: own, seed: seeds.get(name) } : { writes: own }];
    }),
  );
}
