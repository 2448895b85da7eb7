/** Wrappers are followed this deep, so that a cycle ends. */
const MAX_DEPTH = 10;

/** Where SDKs keep what an error of theirs came of: another error, or the body of an answer. */
const WRAPPINGS = ["cause", "lastError", "data", "error"];

/**
 * The error with one of these codes that an error is or wraps: through `cause`, `lastError` and `errors`, and in the body of an answer. A copy
 * that went through JSON has its fields but not its class. Undefined when there is none.
 */
export function errorWithin(error: unknown, codes: readonly string[], depth = 0): object | undefined {
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  const code = read(error, "code");
  if (typeof code === "string" && codes.includes(code)) return error;
  const errors = read(error, "errors");
  const inside = WRAPPINGS.map((name) => read(error, name));
  for (const inner of [...inside, ...(Array.isArray(errors) ? errors : [])]) {
    const found = errorWithin(inner, codes, depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** A property; undefined where it cannot be read. */
function read(error: object, key: string): unknown {
  try {
    return (error as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}
