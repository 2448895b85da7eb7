import { joinState, splitAt, type StateChannel } from "@wflo/core";
import { Below, Chunk, splitSealed, type SealedChannel } from "./sealed-channels.ts";
import { namedChannels } from "./sealed-names.ts";
import { isLeftOut, type Part, type ValueParts } from "./value-parts.ts";
import { isWhole } from "./whole-values.ts";

/** The value of a channel as the engine stores it: in parts, each of them passed through the serializer. */
export async function writeChannel(
  name: string,
  value: unknown,
  parts: ValueParts,
): Promise<readonly StateChannel[]> {
  const channels: readonly (StateChannel | SealedChannel)[] = parts.isPlain
    ? splitAt([name], value, isWhole)
    : splitSealed([name], value);
  const stored = channels.filter(({ path, kind, parts: [only] }) => {
    return path.length === 1 || kind !== "value" || !isLeftOut(only);
  });
  return Promise.all(stored.map((channel) => writeParts(channel, parts)));
}

/** Reads a part of the value of a channel. */
export type ReadPart = (part: Part, channel: string) => Promise<unknown>;

/** The values of channels by their names. */
export async function readChannels(
  channels: readonly StateChannel[],
  read: ReadPart,
): Promise<Record<string, unknown>> {
  const readOne = (channel: StateChannel) => readParts(channel, (part) => read(part, channel.path[0] ?? ""));
  const state = joinState(namedChannels(await Promise.all(channels.map(readOne))));
  return (state ?? {}) as Record<string, unknown>;
}

async function writeParts(channel: StateChannel | SealedChannel, parts: ValueParts): Promise<StateChannel> {
  const { path, kind } = channel;
  const name = ("keys" in channel ? channel.keys : path).join(".");
  switch (kind) {
    case "value":
      return { path, kind, parts: [await parts.writeTree(channel.parts[0], name)], isJson: true };
    case "list":
    case "set": {
      const written = channel.parts.map(async (item, index) => {
        const itemPath = `${name}[${index}]`;
        return item instanceof Chunk
          ? { c: await parts.write(item.items, itemPath) }
          : parts.write(item, itemPath);
      });
      return { path, kind, parts: await Promise.all(written), isRaw: true };
    }
    case "record":
    case "map": {
      const all = channel.parts as readonly (readonly [unknown, unknown])[];
      const entries = kind === "map" ? all : all.filter(([, value]) => !isLeftOut(value));
      const written = entries.map(async ([key, value]) => {
        const entryPath = `${name}.${String(key)}`;
        return [
          parts.isPlain ? key : await parts.write(key, entryPath),
          value instanceof Below ? value.number : await parts.writeTree(value, entryPath),
        ];
      });
      return { path, kind, parts: await Promise.all(written), isJson: true };
    }
  }
}

async function readParts(
  { path, kind, parts }: StateChannel,
  read: (part: Part) => Promise<unknown>,
): Promise<StateChannel> {
  switch (kind) {
    case "value":
    case "list":
    case "set": {
      const items = (parts as readonly StoredItem[]).map(async (item): Promise<readonly unknown[]> => {
        return isChunk(item) ? ((await read(item.c)) as readonly unknown[]) : [await read(item)];
      });
      return { path, kind, parts: (await Promise.all(items)).flat() };
    }
    case "record":
    case "map": {
      const entries = (parts as readonly (readonly [unknown, Part | number])[]).map(async ([key, value]) => {
        return [
          Array.isArray(key) ? await read(key as unknown as Part) : key,
          typeof value === "number" ? new Below(value) : await read(value),
        ];
      });
      return { path, kind, parts: await Promise.all(entries) };
    }
  }
}

/** `c`: several items as one part. */
type StoredItem = Part | { readonly c: Part };

function isChunk(item: StoredItem): item is { readonly c: Part } {
  return typeof item === "object" && !Array.isArray(item);
}
