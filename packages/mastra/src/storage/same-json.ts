/** How deep, how many parts of each object, and how many characters of a text a signature looks at. */
const DEPTH = 3;
const PARTS = 8;
const CHARACTERS = 12;

/** Whether two values are the same JSON, the order of keys included. Texts that are one and the same are not looked at. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (keys.length !== others.length) return false;
  const [values, otherValues] = [Object.values(one) as unknown[], Object.values(other) as unknown[]];
  return keys.every((key, at) => others[at] === key && sameJson(values[at], otherValues[at]));
}

/** A short text that is the same for the same JSON, and seldom for another. */
export function signatureOf(value: unknown, depth = 0): string {
  if (typeof value === "string") {
    return `"${value.length} ${value.slice(0, CHARACTERS)} ${value.slice(-CHARACTERS)}"`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).slice(0, depth === DEPTH ? 0 : PARTS);
  const parts = entries.map(([key, child]) => `${key}:${signatureOf(child, depth + 1)}`);
  return `${Array.isArray(value) ? "[" : "{"}${parts.join()}`;
}

/** Whether the JSON of a value has at least so many characters, roughly. */
export function isLongJson(value: unknown, characters: number): boolean {
  return left(value, characters) <= 0;
}

/** How many of so many characters a value leaves. */
function left(value: unknown, characters: number): number {
  if (typeof value === "string") return characters - value.length;
  if (typeof value !== "object" || value === null) return characters - 4;
  let rest = characters;
  for (const [key, child] of Object.entries(value)) {
    if (rest <= 0) break;
    rest = left(child, rest - (Array.isArray(value) ? 1 : key.length + 4));
  }
  return rest;
}
