import type { RememberedChannel } from "./remembered.ts";

/** A channel of changes that follow each other, with what all of its elements take. */
export interface MeasuredChannel extends RememberedChannel {
  /** Characters of its elements, those that no longer count as well. */
  readonly stored: number;
}

/** What an element takes beside its text, roughly. Characters. */
const ELEMENT_CHARACTERS = 40;
/** So much of what no longer counts is left where it is, and as much as does count. Characters. */
const FEW_CHARACTERS = 64_000;

/** What an element with a text so long takes. Characters. */
export function costOf(characters: number): number {
  return characters + ELEMENT_CHARACTERS;
}

/** What the elements of a channel take. Characters. */
export function storedOf(channel: RememberedChannel | undefined): number {
  return (channel as MeasuredChannel | undefined)?.stored ?? 0;
}

/** Whether most of what is stored no longer counts: writing anew what does has been paid for by then. */
export function isStale(stored: number, live: number): boolean {
  return stored > 2 * live + FEW_CHARACTERS;
}
