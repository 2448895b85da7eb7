import type { Element } from "@wflo/core";

/** Where an element is, as the key of a map. */
export function placeOf({ log, position }: Element): string {
  return `${log}/${position}`;
}
