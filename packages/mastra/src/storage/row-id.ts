import type { Ids } from "@wflo/core";

/**
 * Ids of runs begin with this, which sorts before the ids of all other checkpoints: the runs of a tenant are a stretch of their own in
 * the index, and lists of them end where others begin.
 */
const FIRST = "!";
/** What sorts after all of them. */
const AFTER_ALL = '"';
/** Sorts before all digits: the years before 1970. */
const BELOW_ZERO = "-";
/** More milliseconds than dates have, in so many hexadecimal digits. */
const DIGITS = 14;

/** An id for the row of a run: the later a run was created, the greater. */
export function rowIdOf(createdMs: number, ids: Ids): string {
  return `${boundOf(createdMs)}-${ids.next()}`;
}

/** Before which the ids are of all runs that were created until then, in the same millisecond as well; undefined: of all. */
export function boundAfter(createdMs: number | undefined): string {
  return createdMs === undefined ? AFTER_ALL : boundOf(createdMs + 1);
}

/** From which the ids are of all runs that were created then or later; undefined: of all. */
export function boundFrom(createdMs: number | undefined): string {
  return createdMs === undefined ? FIRST : boundOf(createdMs);
}

function boundOf(ms: number): string {
  if (ms < 0) return `${FIRST}${BELOW_ZERO}${digitsOf(Number.MAX_SAFE_INTEGER + ms)}`;
  return FIRST + digitsOf(ms);
}

function digitsOf(ms: number): string {
  return ms.toString(16).padStart(DIGITS, "0");
}
