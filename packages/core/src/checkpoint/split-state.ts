import { ownEntries } from "./own-entries.ts";
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
  /** Items that are texts are stored as they are, not as JSON: for texts that are JSON already. None may hold U+0000. */
  readonly isRaw?: boolean | undefined;
  /** The parts are JSON that the caller has measured: they may have any number of values. */
  readonly isJson?: boolean | undefined;
}

/** Whether a value is to be stored as one, whatever it looks like. */
export type IsWhole = (value: object) => boolean;

const NEVER: IsWhole = () => false;

/** Objects with more keys than this are stored by entries instead of a channel a key. */
const MANY_KEYS = 8;
/** From this many items on, a list inside a small object has a channel of its own. */
const FEW_ITEMS = 4;
/** So many lists of a large object have channels of their own; others are patched where they are, up to this many items. */
const OWN_CHANNELS = 8;
const MANY_ITEMS = 1_024;
/** A list of up to this many items that grow themselves is patched as one value: it is they that change, not the list. */
const SHORT_LIST = 16;
/** Deeper parts, and those beyond this many channels, are stored as values: a checkpoint names each of its channels. */
const MAX_DEPTH = 4;
const MAX_CHANNELS = 64;

/** The channels of a state, outer ones first. Storing them costs what changed; joining them gives the state back. */
export function splitState(state: unknown): StateChannel[] {
  const channels: StateChannel[] = [];
  split({ channels, isWhole: NEVER }, [], state);
  return channels;
}

/** The channels of one part of a state, at a path of at least one key. */
export function splitAt(path: readonly string[], value: unknown, isWhole: IsWhole): StateChannel[] {
  const channels: StateChannel[] = [];
  split({ channels, isWhole }, path, value);
  return channels;
}

interface Splitting {
  readonly channels: StateChannel[];
  readonly isWhole: IsWhole;
}

function split(splitting: Splitting, path: readonly string[], value: unknown): void {
  const { channels, isWhole } = splitting;
  const kind = kindOf(value, isWhole);
  switch (kind) {
    case "value":
      channels.push({ path, kind, parts: [value] });
      break;
    case "list":
    case "set": {
      const items = [...(value as Iterable<unknown>)];
      const isMore = Array.isArray(value) && ownEntries(value).length > 0;
      const isNested = items.length <= SHORT_LIST && items.some((item) => grows(item, FEW_ITEMS, isWhole));
      channels.push(
        isMore || isNested ? { path, kind: "value", parts: [value] } : { path, kind, parts: items },
      );
      break;
    }
    case "map":
      channels.push({ path, kind, parts: [...(value as ReadonlyMap<unknown, unknown>)] });
      break;
    case "record":
      splitRecord(splitting, path, value as Record<string, unknown>);
  }
}

function splitRecord(splitting: Splitting, path: readonly string[], value: Record<string, unknown>): void {
  const { channels, isWhole } = splitting;
  const entries = Object.entries(value);
  const isLarge = entries.length > MANY_KEYS;
  const room = MAX_CHANNELS - channels.length - entries.length;
  const isSplit =
    entries.length > 0 &&
    room > 0 &&
    path.length < MAX_DEPTH &&
    (path.length === 0 || grows(value, FEW_ITEMS, isWhole));
  if (!isLarge && !isSplit) {
    channels.push({ path, kind: "value", parts: [value] });
    return;
  }
  if (!isLarge) {
    for (const [key, child] of entries) split(splitting, [...path, key], child);
    return;
  }
  const kept: [string, unknown][] = [];
  channels.push({ path, kind: "record", parts: kept });
  let own = 0;
  for (const [key, child] of entries) {
    const isOwn =
      path.length < MAX_DEPTH &&
      channels.length < MAX_CHANNELS &&
      ((own < OWN_CHANNELS && grows(child, 1, isWhole)) ||
        (own < MAX_CHANNELS / 2 && grows(child, MANY_ITEMS, isWhole)));
    kept.push([key, isOwn ? {} : child]);
    if (!isOwn) continue;
    own += 1;
    split(splitting, [...path, key], child);
  }
}

/** Whether a part of a value is likely to grow from checkpoint to checkpoint. */
function grows(value: unknown, items: number, isWhole: IsWhole, depth = 0): boolean {
  const anyOf = (children: Iterable<unknown>) =>
    depth < MAX_DEPTH &&
    [...children].some((child) => grows(child, Math.max(items, FEW_ITEMS), isWhole, depth + 1));
  switch (kindOf(value, isWhole)) {
    case "value":
      return false;
    case "list":
    case "set":
    case "map": {
      const { length, size } = value as { length?: number; size?: number };
      const count = length ?? size ?? 0;
      if (count >= items) return true;
      return count <= SHORT_LIST && anyOf((value as ReadonlySet<unknown>).values());
    }
    case "record": {
      const children = Object.values(value as object);
      return children.length > MANY_KEYS || anyOf(children);
    }
  }
}

function kindOf(value: unknown, isWhole: IsWhole): ChannelKind {
  if (typeof value !== "object" || value === null || isWhole(value)) return "value";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return "list";
  if (prototype === Set.prototype) return "set";
  if (prototype === Map.prototype)
    return hasPlainKeys(value as ReadonlyMap<unknown, unknown>) ? "map" : "value";
  const isRecord = prototype === Object.prototype || prototype === null;
  return isRecord && !(TAG in value) && !Object.hasOwn(value, "__proto__") ? "record" : "value";
}

/** Two keys that are objects may be written alike. */
function hasPlainKeys(map: ReadonlyMap<unknown, unknown>): boolean {
  for (const key of map.keys()) if (typeof key === "object" && key !== null) return false;
  return true;
}
