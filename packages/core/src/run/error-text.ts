import { encode } from "../checkpoint/codec.ts";
import { pauseWithin } from "./pause-within.ts";

/** Of an error that is recorded by its name, message and code, the message is cut off here. Characters. */
const MAX_MESSAGE = 2_000;
/** What it wraps is recorded in the same way when it has more. Characters. */
const MAX_CAUSE = 5_000;

/**
 * Text of whatever was thrown, for `decode`: all of it, or an error with its name, message and code when the whole cannot be saved
 * or has more than `most` characters; its cause is then what it wraps that pauses a run, if it does. Never throws.
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
  const reason = pauseWithin(error);
  const options = reason === undefined || reason === error ? undefined : { cause: savable(reason) };
  const short = new Error((message ?? shown(error)).slice(0, MAX_MESSAGE), options);
  Object.defineProperty(short, "name", { value: name ?? "Error" });
  short.stack = String(short);
  return code === undefined ? short : Object.assign(short, { code });
}

/** Whatever was thrown, as an Error with its text: itself, or one that it is the cause of. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const message = textOf(thrown, "message") ?? shown(thrown);
  return new Error(message.slice(0, MAX_MESSAGE), { cause: thrown });
}

/** Itself, if it can be saved and is not long. */
function savable(reason: object): unknown {
  try {
    if (encode(reason, "the cause").length <= MAX_CAUSE) return reason;
  } catch {
    // It is told in short, too.
  }
  return inShort(reason);
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
