/** Whether one JSON value contains another as PostgreSQL's `@>` has it: objects may have more keys, lists more items. */
export function containsJson(value: unknown, part: unknown): boolean {
  if (Array.isArray(value)) {
    // A list contains a single value that is one of its items.
    if (!Array.isArray(part)) return !isObject(part) && value.some((item) => item === part);
    return part.every((wanted) => value.some((item) => containsItem(item, wanted)));
  }
  if (!isObject(value)) return value === part;
  if (!isObject(part)) return false;
  return Object.entries(part).every(([key, wanted]) => {
    return Object.hasOwn(value, key) && containsItem(value[key], wanted);
  });
}

/** Only at the top does a list contain what is no list. */
function containsItem(value: unknown, part: unknown): boolean {
  return Array.isArray(value) === Array.isArray(part) && containsJson(value, part);
}

/** As `containsJson`, of a text; false when it is no JSON. */
export function textContainsJson(text: string, part: unknown): boolean {
  const value = jsonOf(text);
  return value !== undefined && containsJson(value, part);
}

/** Undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
