/** As deep as values of runs may be. */
const MAX_DEPTH = 200;

/** Makes the error that refuses what is at a path. */
export type Refusal = (path: string, what: string) => Error;

/**
 * A value as JSON that says all of it: plain objects and lists, texts, finite numbers, booleans, null. Properties that are undefined are
 * left out, as reading them gives undefined again. Throws what `refuse` makes of anything that would come back as something else.
 */
export function plainJson(value: unknown, path: string, refuse: Refusal): string {
  check(value, path, new Set(), refuse);
  return JSON.stringify(value);
}

/** True for objects that are nothing but their properties, also those of another realm, such as a test runner's. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function check(value: unknown, path: string, ancestors: Set<object>, refuse: Refusal): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) throw refuse(path, `is ${value}, which JSON does not have`);
      return;
    case "object":
      if (value !== null) checkObject(value, path, ancestors, refuse);
      return;
    case "bigint":
      throw refuse(path, "is a bigint, which JSON does not have: use its text");
    default:
      throw refuse(
        path,
        `is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, which JSON does not have`,
      );
  }
}

function checkObject(value: object, path: string, ancestors: Set<object>, refuse: Refusal): void {
  if (ancestors.has(value)) throw refuse(path, "contains itself");
  if (ancestors.size >= MAX_DEPTH) throw refuse(path, `lies deeper than ${MAX_DEPTH} levels`);
  ancestors.add(value);
  if (Array.isArray(value)) {
    // Not by forEach, which passes over what is missing.
    for (let place = 0; place < value.length; place += 1) {
      check(value[place], `${path}[${place}]`, ancestors, refuse);
    }
  } else if (isPlainObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      if (child !== undefined) check(child, `${path}.${key}`, ancestors, refuse);
    }
  } else {
    throw refuse(path, kindOf(value));
  }
  ancestors.delete(value);
}

function kindOf(value: object): string {
  if (value instanceof Date) return "is a Date, which JSON does not have: use its toISOString()";
  const { name } = ((value as { constructor?: unknown }).constructor ?? {}) as { name?: unknown };
  return `is an instance of ${typeof name === "string" ? name : "a class"}: use plain data`;
}
