import { TAG } from "./to-written.ts";

/** What a channel holds: one value; the items of a list or Set; the entries of a plain object or Map, each under its key. */
export type ChannelKind = "value" | "list" | "set" | "record" | "map";

/** A part of a state that is stored by itself, so that what changes beside it does not write it again. */
export interface StateChannel {
  /** Keys from the state down to it; empty for the state itself. */
  readonly path: readonly string[];
  readonly kind: ChannelKind;
  /** One value; or the items; or the entries, `[key, value]`. */
  readonly parts: readonly unknown[];
}

/** Objects with more keys than this are stored by entries instead of a channel a key. */
const MANY_KEYS = 8;
/** From this many items on, a list inside a small object has a channel of its own, and one among the entries of a large object. */
const FEW_ITEMS = 4;
const MANY_ITEMS = 32;
/** Deeper parts, and those beyond this many channels, are stored as values: a checkpoint names each of its channels. */
const MAX_DEPTH = 4;
const MAX_CHANNELS = 64;

/** The channels of a state, outer ones first. Storing them costs what changed; joining them gives the state back. */
export function splitState(state: unknown): StateChannel[] {
  const channels: StateChannel[] = [];
  split(channels, [], state);
  return channels;
}

function split(channels: StateChannel[], path: readonly string[], value: unknown): void {
  const kind = kindOf(value);
  switch (kind) {
    case "value":
      channels.push({ path, kind, parts: [value] });
      break;
    case "list":
    case "set":
    case "map":
      channels.push({ path, kind, parts: [...(value as Iterable<unknown>)] });
      break;
    case "record":
      splitRecord(channels, path, value as Record<string, unknown>);
  }
}

function splitRecord(
  channels: StateChannel[],
  path: readonly string[],
  value: Record<string, unknown>,
): void {
  const entries = Object.entries(value);
  const isLarge = entries.length > MANY_KEYS;
  const room = MAX_CHANNELS - channels.length - entries.length;
  const isSplit =
    entries.length > 0 &&
    room > 0 &&
    path.length < MAX_DEPTH &&
    (path.length === 0 || grows(value, FEW_ITEMS));
  if (!isLarge && !isSplit) {
    channels.push({ path, kind: "value", parts: [value] });
    return;
  }
  if (!isLarge) {
    for (const [key, child] of entries) split(channels, [...path, key], child);
    return;
  }
  const kept: [string, unknown][] = [];
  const at = channels.push({ path, kind: "record", parts: kept });
  for (const [key, child] of entries) {
    const isOwn =
      channels.length - at < MAX_CHANNELS / 2 && channels.length < MAX_CHANNELS && path.length < MAX_DEPTH;
    if (isOwn && grows(child, MANY_ITEMS)) split(channels, [...path, key], child);
    else kept.push([key, child]);
  }
}

/** Whether a part of a value is likely to grow from checkpoint to checkpoint. */
function grows(value: unknown, items: number, depth = 0): boolean {
  switch (kindOf(value)) {
    case "value":
      return false;
    case "list":
      return (value as readonly unknown[]).length >= items;
    case "set":
    case "map":
      return (value as ReadonlySet<unknown>).size >= items;
    case "record": {
      const children = Object.values(value as object);
      if (children.length > MANY_KEYS) return true;
      return depth < MAX_DEPTH && children.some((child) => grows(child, items, depth + 1));
    }
  }
}

function kindOf(value: unknown): ChannelKind {
  if (typeof value !== "object" || value === null) return "value";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return "list";
  if (prototype === Set.prototype) return "set";
  if (prototype === Map.prototype) return "map";
  const isRecord = prototype === Object.prototype || prototype === null;
  return isRecord && !(TAG in value) && !Object.hasOwn(value, "__proto__") ? "record" : "value";
}
