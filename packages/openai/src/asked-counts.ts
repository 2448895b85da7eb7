import { writtenCapFields } from "./cap-field.ts";
import type { PricedApi } from "./endpoint.ts";
import { countOf, type Body } from "./native-request.ts";

/**
 * The output cap that a request asks for, in tokens: the larger where it has two, since servers differ in which they obey.
 * Undefined for none, and where one is no count: some servers take -1 for no cap.
 */
export function askedCap(api: PricedApi, fields: Body): number | undefined {
  let cap: number | undefined;
  for (const field of writtenCapFields(api, fields)) {
    const count = countOf(fields[field]);
    if (count === undefined) return undefined;
    cap = Math.max(cap ?? 0, count);
  }
  return cap;
}

/** How many of something a request asks for: 1 unless it says more, and `most` where that cannot be read, as of a field that stands twice. */
export function askedNumber(value: unknown, most: number): number {
  return value == null ? 1 : Math.max(countOf(value) ?? most, 1);
}
