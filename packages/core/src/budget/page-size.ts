import { InvalidOptionError } from "../errors/invalid-option-error.ts";

const LARGEST = 1_000;

/** The size of a page, at most 1,000. Throws `InvalidOptionError` for what is no whole number above zero. */
export function pageSize(limit: number | undefined, standard: number): number {
  if (limit === undefined) return standard;
  if (!Number.isInteger(limit) || limit < 1) {
    throw new InvalidOptionError(`The limit of a list is a whole number from 1 to ${LARGEST}, not ${limit}.`);
  }
  return Math.min(limit, LARGEST);
}
