import { splitAt, type StateChannel } from "@wflo/core";
import { isNumeric, isWhole } from "./whole-values.ts";

/** Objects with more keys than this are stored by entries. */
const MANY_KEYS = 8;
/** From this many items on, a list inside an object has a channel of its own. */
const FEW_ITEMS = 4;
/** So many parts of an object have channels of their own, down to this depth. */
const OWN_CHANNELS = 16;
const MAX_DEPTH = 4;
/** So many numbers are sealed as one. */
const CHUNK = 256;

/** Stands for the value of an entry that has a channel of its own: the one at this number below the object. */
export class Below {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** Items of a list that are stored as one. */
export class Chunk {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** A channel, and the keys from the state down to it that its path does not tell. */
export interface SealedChannel extends StateChannel {
  readonly keys: readonly string[];
}

/**
 * The channels of a value whose keys nobody may read: the names of channels are for everybody, so that parts of an object are numbered.
 * Outer ones first.
 */
export function splitSealed(
  path: readonly string[],
  value: unknown,
  keys: readonly string[] = path,
): SealedChannel[] {
  if (isNumeric(value)) return [{ path, keys, kind: "list", parts: chunksOf(value) }];
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) {
    return splitAt(path, value, (part) => part !== value).map((channel) => ({ ...channel, keys }));
  }
  const entries = isRecord(value) ? Object.entries(value) : [];
  const room = path.length < MAX_DEPTH ? OWN_CHANNELS : 0;
  const own = entries.flatMap(([, child], at) => (grows(child) ? [at] : [])).slice(0, room);
  if (entries.length <= MANY_KEYS && own.length === 0) return [{ path, keys, kind: "value", parts: [value] }];
  const isOwn = new Set(own);
  const parts = entries.map(([key, child], at) => [key, isOwn.has(at) ? new Below(at) : child]);
  const inner = own.map((at) => {
    const [key = "", child] = entries[at] ?? [];
    return splitSealed([...path, String(at)], child, [...keys, key]);
  });
  return [{ path, keys, kind: "record", parts }, ...inner.flat()];
}

/** Whether a value is likely to grow from checkpoint to checkpoint. */
function grows(value: unknown, depth = 1): boolean {
  if (Array.isArray(value)) return value.length >= FEW_ITEMS;
  if (value instanceof Set || value instanceof Map) return value.size >= FEW_ITEMS;
  if (!isRecord(value) || depth > MAX_DEPTH) return false;
  const children = Object.values(value);
  return children.length > MANY_KEYS || children.some((child) => grows(child, depth + 1));
}

function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null || isWhole(value)) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

function chunksOf(items: readonly unknown[]): Chunk[] {
  const count = Math.ceil(items.length / CHUNK);
  return Array.from({ length: count }, (_, at) => new Chunk(items.slice(at * CHUNK, (at + 1) * CHUNK)));
}
