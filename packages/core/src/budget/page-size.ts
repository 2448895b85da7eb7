import { InvalidOptionError } from "../errors/invalid-option-error.ts";

const LARGEST = 1_000;

/** The size of a page, at most 1,000 or `largest`. Throws `InvalidOptionError` for what is no whole number above zero. */
export function pageSize(limit: number | undefined, standard: number, largest = LARGEST): number {
  if (limit === undefined) return standard;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new InvalidOptionError(`The limit of a list is a whole number from 1 to ${largest}, not ${limit}.`);
  }
  return Math.min(limit, largest);
}
