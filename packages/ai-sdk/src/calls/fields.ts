/** An object of somebody else's making. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is such an object, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
