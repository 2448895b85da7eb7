import { findBigint, findCycle } from "./find-part.ts";
import { levelsOf } from "./levels-of.ts";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/** What a value may take, be it a part of another that is stored by itself, such as an item of a list. Characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** Values nested deeper than this are refused, so that neither saving nor reading can exhaust the stack. */
const MAX_LEVELS = 199;

/** How LangGraph's serializer writes what contains itself. */
const CIRCULAR = "[Circular]";
/** What it writes instead of a value that JSON.stringify refuses, without telling anybody. */
const GIVEN_UP = "[unable to serialize, circular reference is too complex to analyze]";

/**
 * Looks at what LangGraph's serializer made of a value. Throws `UnsavableChannelError` for what would not come back: bigints, what contains
 * itself, too many levels or characters.
 */
export function checkText(text: string, value: unknown, path: string): void {
  if (text.includes(CIRCULAR)) refuseCycle(value, path);
  if (text === JSON.stringify(GIVEN_UP) && value !== GIVEN_UP) {
    refuseCycle(value, path);
    refuseBigint(value, path);
    throw new UnsavableChannelError(path, "holds what has no JSON, such as a bigint");
  }
  checkCharacters(text.length, path);
  // A short text has no room for them.
  const levels = text.length > 2 * MAX_LEVELS ? levelsOf(text) : 0;
  if (levels <= MAX_LEVELS) return;
  throw new UnsavableChannelError(path, `has ${levels} levels, more than the ${MAX_LEVELS} a value may have`);
}

/** Throws `UnsavableChannelError` when a value takes too much. */
export function checkCharacters(characters: number, path: string, most = MAX_CHARACTERS): void {
  if (characters <= most) return;
  const [taken, allowed] = [Math.ceil(characters / 1_048_576), most / 1_048_576];
  throw new UnsavableChannelError(path, `takes ${taken} MB, more than the ${allowed} MB it may have`);
}

/** Throws `UnsavableChannelError` when something of a value was lost on its way through a serializer; `loaded` is what came back. */
export function checkLoaded(loaded: unknown, value: unknown, path: string): void {
  const text = textOf(loaded);
  if (text?.includes(CIRCULAR) === true) refuseCycle(value, path);
  if (text?.includes(GIVEN_UP) !== true) return;
  refuseCycle(value, path);
  refuseBigint(value, path);
}

function refuseCycle(value: unknown, path: string): void {
  const cycle = findCycle(value, path);
  if (cycle !== undefined) throw new UnsavableChannelError(cycle, "contains itself");
}

function refuseBigint(value: unknown, path: string): void {
  const bigint = findBigint(value, path);
  if (bigint !== undefined)
    throw new UnsavableChannelError(bigint, "is a bigint, which the serializer has not");
}

/** Undefined for what has no JSON: then what LangGraph's serializer cannot write came back. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
