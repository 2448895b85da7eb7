import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import { fromWritten } from "./from-written.ts";
import { toWritten } from "./to-written.ts";

/** Saved texts longer than this are refused. Characters. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/**
 * Text of plain data, Date, Map, Set, bigint, bytes, Error, undefined, NaN and infinities; `decode` gives the same value back.
 * Throws `UnsavableValueError`, which names the path of what does not survive: functions, symbols, class instances, cycles,
 * more than 200 levels, more than 32 Mi characters. `name` is how the path begins.
 */
export function encode(value: unknown, name: string): string {
  return textOf(toWritten(value, name), name);
}

/** The value that `encode` wrote. */
export function decode(text: string): unknown {
  return fromWritten(JSON.parse(text));
}

/** The text of what `toWritten` gave. Throws `UnsavableValueError` above 32 Mi characters. */
export function textOf(written: unknown, name: string): string {
  const text = inOneText(written);
  if (text === undefined)
    throw new UnsavableValueError(name, "it takes far more than the 32 MB a value may have");
  if (text.length <= MAX_CHARACTERS) return text;
  const megabytes = Math.ceil(text.length / 1_048_576);
  throw new UnsavableValueError(name, `it takes ${megabytes} MB, more than the 32 MB a value may have`);
}

/** Undefined when it is longer than a text can be. */
function inOneText(written: unknown): string | undefined {
  try {
    return JSON.stringify(written);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
