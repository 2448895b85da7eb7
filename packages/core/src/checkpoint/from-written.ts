import { UnreadableValueError } from "../errors/unreadable-value-error.ts";
import { setOwn } from "./set-own.ts";
import { TAG } from "./to-written.ts";

/** The value that `toWritten` was given, made anew. Throws `UnreadableValueError` for kinds that a newer version wrote. */
export function fromWritten(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(fromWritten);
  if (TAG in value) return readTagged(value as Tagged);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, fromWritten(child)]));
}

interface Tagged {
  readonly [TAG]: string;
  readonly v?: unknown;
  readonly own?: unknown;
}

function readTagged(tagged: Tagged): unknown {
  switch (tagged[TAG]) {
    case "undefined":
      return undefined;
    case "number":
      return Number(tagged.v);
    case "bigint":
      return BigInt(tagged.v as string);
    case "date":
      return new Date((tagged.v as number | null) ?? Number.NaN);
    case "map":
      return new Map((tagged.v as [unknown, unknown][]).map(([k, v]) => [fromWritten(k), fromWritten(v)]));
    case "set":
      return new Set((tagged.v as unknown[]).map(fromWritten));
    case "list":
      return withOwn((tagged.v as unknown[]).map(fromWritten), tagged.own as SavedOwn);
    case "bytes":
      return bytesOf(tagged.v as string);
    case "error":
      return readError(tagged as unknown as SavedError);
    case "object":
      return withOwn({}, tagged.v as SavedOwn);
    default:
      throw new UnreadableValueError(String(tagged[TAG]));
  }
}

type SavedOwn = readonly [string, unknown][];

function withOwn<T extends object>(target: T, own: SavedOwn): T {
  for (const [key, child] of own) setOwn(target, key, fromWritten(child));
  return target;
}

interface SavedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly own: SavedOwn;
  readonly cause?: unknown;
}

function readError(saved: SavedError): Error {
  const error = new Error(saved.message, "cause" in saved ? { cause: fromWritten(saved.cause) } : undefined);
  Object.defineProperty(error, "name", { value: saved.name, writable: true, configurable: true });
  if (saved.stack !== undefined)
    Object.defineProperty(error, "stack", { value: saved.stack, writable: true, configurable: true });
  return withOwn(error, saved.own);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
