import { fromWritten } from "./from-written.ts";
import { toWritten } from "./to-written.ts";

/** The value as it would be read back, made anew. Throws `UnsavableValueError` with the path; `name` is how it begins. */
export function copyOf(value: unknown, name: string): unknown {
  return fromWritten(toWritten(value, name));
}
