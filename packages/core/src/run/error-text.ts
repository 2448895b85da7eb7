import { encode } from "../checkpoint/codec.ts";

/** Of an error that is recorded by its name, message and code, the message is cut off here. Characters. */
const MAX_MESSAGE = 2_000;

/**
 * Text of whatever was thrown, for `decode`: all of it, or an error with its name, message and code when the whole cannot be saved
 * or has more than `most` characters. Never throws.
 */
export function errorText(error: unknown, most = Number.POSITIVE_INFINITY): string {
  try {
    const text = encode(error, "the error");
    if (text.length <= most) return text;
  } catch {
    // It is told in short.
  }
  return encode(inShort(error), "the error");
}

function inShort(error: unknown): Error {
  const [name, message, code] = ["name", "message", "code"].map((key) => textOf(error, key));
  const short = new Error((message ?? shown(error)).slice(0, MAX_MESSAGE));
  Object.defineProperty(short, "name", { value: name ?? "Error" });
  short.stack = String(short);
  return code === undefined ? short : Object.assign(short, { code });
}

/** A property as a text; undefined where there is none or it cannot be read. */
function textOf(error: unknown, key: string): string | undefined {
  try {
    const value = (error as Readonly<Record<string, unknown>> | null | undefined)?.[key];
    return value === undefined || value === null ? undefined : shown(value).slice(0, MAX_MESSAGE);
  } catch {
    return undefined;
  }
}

function shown(error: unknown): string {
  try {
    return String(error);
  } catch {
    return `something of type ${typeof error} that cannot be shown`;
  }
}
