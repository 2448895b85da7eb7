/** What a serializer reads as one thing, though it looks like a plain object; and lists whose items are too small to be stored each. */
export function isWhole(value: object): boolean {
  if (Array.isArray(value)) return isNumeric(value);
  return Object.hasOwn(value, "lc") || Object.hasOwn(value, "lg_name") || Object.hasOwn(value, "toJSON");
}

/** Whether a value is a list of numbers, such as an embedding: stored as one value, and what is appended to it as a change of that. */
export function isNumeric(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isSmall);
}

function isSmall(item: unknown): boolean {
  return typeof item === "number" || typeof item === "boolean" || item === null;
}
