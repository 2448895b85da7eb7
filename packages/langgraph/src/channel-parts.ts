import { joinState, splitAt, type StateChannel } from "@wflo/core";
import { isLeftOut, type Part, type ValueParts } from "./value-parts.ts";

/** Objects with more keys than this are stored by entries. */
const MANY_KEYS = 8;

/** The value of a channel as the engine stores it: in parts, each of them passed through the serializer. */
export async function writeChannel(
  name: string,
  value: unknown,
  parts: ValueParts,
): Promise<readonly StateChannel[]> {
  const channels = parts.isPlain ? splitAt([name], value, isWhole) : [splitUnnamed(name, value)];
  const stored = channels.filter(({ path, kind, parts: [only] }) => {
    return path.length === 1 || kind !== "value" || !isLeftOut(only);
  });
  return Promise.all(stored.map((channel) => writeParts(channel, parts)));
}

/** The values of channels by their names. */
export async function readChannels(
  channels: readonly StateChannel[],
  read: (part: Part) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const state = joinState(await Promise.all(channels.map((channel) => readParts(channel, read))));
  return (state ?? {}) as Record<string, unknown>;
}

/** How many characters the parts of a channel have. */
export function sizeOf(channels: readonly StateChannel[]): number {
  let characters = 0;
  for (const { kind, parts } of channels) {
    for (const part of parts) {
      const whole = kind === "record" || kind === "map" ? (part as readonly [unknown, Part])[1] : part;
      characters += typeof whole === "string" ? whole.length : JSON.stringify(whole).length;
    }
  }
  return characters;
}

/** What a serializer reads as one thing, though it looks like a plain object. */
function isWhole(value: object): boolean {
  if (Array.isArray(value)) return false;
  return Object.hasOwn(value, "lc") || Object.hasOwn(value, "lg_name") || Object.hasOwn(value, "toJSON");
}

/** In one channel, so that no key of a value is the name of a channel, which everybody may read. */
function splitUnnamed(name: string, value: unknown): StateChannel {
  const path = [name];
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) {
    const [channel] = splitAt(path, value, (part) => part !== value);
    if (channel !== undefined) return channel;
  }
  const isRecord =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  const entries = isRecord && !isWhole(value) ? Object.entries(value) : [];
  if (entries.length > MANY_KEYS) return { path, kind: "record", parts: entries };
  return { path, kind: "value", parts: [value] };
}

async function writeParts(channel: StateChannel, parts: ValueParts): Promise<StateChannel> {
  const { path, kind } = channel;
  const name = path.join(".");
  switch (kind) {
    case "value":
      return { path, kind, parts: [await parts.writeTree(channel.parts[0], name)] };
    case "list":
    case "set": {
      const written = channel.parts.map((item, index) => parts.write(item, `${name}[${index}]`));
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
          await parts.writeTree(value, entryPath),
        ];
      });
      return { path, kind, parts: await Promise.all(written) };
    }
  }
}

async function readParts(
  channel: StateChannel,
  read: (part: Part) => Promise<unknown>,
): Promise<StateChannel> {
  const { path, kind } = channel;
  if (kind !== "record" && kind !== "map") {
    return { path, kind, parts: await Promise.all((channel.parts as readonly Part[]).map(read)) };
  }
  const entries = (channel.parts as readonly (readonly [unknown, Part])[]).map(async ([key, value]) => {
    return [Array.isArray(key) ? await read(key as unknown as Part) : key, await read(value)];
  });
  return { path, kind, parts: await Promise.all(entries) };
}
