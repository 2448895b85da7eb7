type Fields = Record<string, unknown>;

/** What a client may have been given after it was made, even where a subclass guards it with an accessor. */
const SET_LATER = ["apiKey", "baseURL", "organization", "project"];

/**
 * Gives a copy of a client what the copying lost: the SDK copies by the constructor, which a subclass may read in its own way, and
 * which knows nothing of what was assigned later. Only plain data: functions and resources are bound to the client they came from.
 */
export function carryOver(from: object, to: object): void {
  const [given, copy] = [from as Fields, to as Fields];
  for (const [name, { value, enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
    const isCarried = enumerable === true && !name.startsWith("_") && name !== "fetch" && isPlainData(value);
    // Without a word where the subclass lets nobody write it.
    if (isCarried && copy[name] !== value) Reflect.set(copy, name, value);
  }
  for (const name of SET_LATER) if (copy[name] !== given[name]) Reflect.set(copy, name, given[name]);
}

function isPlainData(value: unknown): boolean {
  if (typeof value === "function" || value === undefined) return false;
  if (typeof value !== "object" || value === null) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}
