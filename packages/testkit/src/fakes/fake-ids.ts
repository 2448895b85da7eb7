import type { Ids } from "@wflo/core";

const FIRST_MS = Date.UTC(2026, 2, 10, 12);
const SEED_LIMIT = 0x1_0000_0000_0000;

/**
 * Ascending ids in the shape of UUID version 7, the same in every run; instances with different seeds never
 * meet.
 */
export function fakeIds(seed = 0): Ids {
  if (!Number.isInteger(seed) || seed < 0 || seed >= SEED_LIMIT) {
    throw new RangeError(`A seed of fakeIds is a whole number from 0 to 2^48 - 1, not ${seed}.`);
  }
  const tail = seed.toString(16).padStart(12, "0");
  let count = 0;
  return {
    next() {
      const time = (FIRST_MS + count).toString(16).padStart(12, "0");
      count += 1;
      return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
    },
  };
}
