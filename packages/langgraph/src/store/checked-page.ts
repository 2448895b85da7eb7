import { InvalidOptionError } from "@wflo/core";

/** Which stretch of an answer. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

const MAX_PAGE = 10_000;

/** A page of at most 10,000. Throws `InvalidOptionError` for what is no whole number, or too many. */
export function checkedPage(limit: unknown, offset: unknown, standard: number): Page {
  return {
    limit: wholeNumber("limit", limit ?? standard, 0, MAX_PAGE),
    offset: wholeNumber("offset", offset ?? 0, 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Throws `InvalidOptionError` for what is no whole number from `least` to `most`. */
export function wholeNumber(what: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidOptionError(`${what} is a whole number from ${least} to ${most}, not ${String(value)}.`);
}
