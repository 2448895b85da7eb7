import type { StateChannel } from "@wflo/core";
import { Below } from "./sealed-channels.ts";

/** Channels under the keys that they were given, where parts of an object are numbered: outer ones first, as `splitSealed` gives them. */
export function namedChannels(channels: readonly StateChannel[]): StateChannel[] {
  const places = new Map<string, Place>();
  return channels.map(({ path, kind, parts }) => {
    const parent = places.get(JSON.stringify(path.slice(0, -1)));
    const last = path.at(-1);
    const named = parent && last !== undefined ? [...parent.path, parent.keys.get(last) ?? last] : path;
    if (kind !== "record") return { path: named, kind, parts };
    const keys = new Map<string, string>();
    const entries = (parts as readonly (readonly [string, unknown])[]).map(([key, value]) => {
      if (!(value instanceof Below)) return [key, value];
      keys.set(String(value.number), key);
      return [key, {}];
    });
    places.set(JSON.stringify(path), { path: named, keys });
    return { path: named, kind, parts: entries };
  });
}

/** Where an object stands, and the keys of the channels below it by their numbers. */
interface Place {
  readonly path: readonly string[];
  readonly keys: ReadonlyMap<string, string>;
}
