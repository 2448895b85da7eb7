import { InvalidOptionError } from "@wflo/core";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/** A name as it was given. Throws `InvalidOptionError` for one that not every database keeps as it is; `maxBytes` are of UTF-8. */
export function checkedName(what: string, name: string, maxBytes: number): string {
  if (!isExact(name))
    throw new InvalidOptionError(`A ${what} has no U+0000 and no half of a surrogate pair: ${told(name)}.`);
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= maxBytes) return name;
  throw new InvalidOptionError(
    `A ${what} has at most ${maxBytes} bytes, this one ${bytes}: ${told(name)}. Pass a digest of it.`,
  );
}

/** Throws `UnsavableChannelError` for the first name of a channel or node that databases do not keep as it is. */
export function checkNames(names: Iterable<string>): void {
  for (const name of names) {
    if (!isExact(name))
      throw new UnsavableChannelError(told(name), "is named with U+0000 or half of a surrogate pair");
  }
}

function isExact(name: string): boolean {
  return !name.includes("\u0000") && name.isWellFormed();
}

function told(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
