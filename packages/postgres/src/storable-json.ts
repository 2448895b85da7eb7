/** No character of any language: it stands before the four digits of one that jsonb cannot store, or of itself. */
const MARK = "\uFDD0";
const UNSTORABLE = /[\u0000\uFDD0]|\p{Surrogate}/gu;
const MARKED = /\uFDD0([0-9a-f]{4})/g;
/** What JSON.stringify makes of U+0000 and of lone surrogates, and the mark, which it leaves alone. */
const SUSPECT = /\\u0000|\\u[dD][89a-fA-F]|\uFDD0/;

/** A text in which U+0000 and lone surrogates are spelt out, two different texts always differently. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** JSON that jsonb takes, with every text in it and every key made storable. */
export function storableJson(json: string): string {
  return SUSPECT.test(json) ? JSON.stringify(mapped(JSON.parse(json), storableText)) : json;
}

/** What was made storable, as it was. */
export function readStorableJson(json: string): string {
  return json.includes(MARK) ? JSON.stringify(mapped(JSON.parse(json), originalText)) : json;
}

function originalText(text: string): string {
  return text.replace(MARKED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function mapped(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  // Not by assignment, which would lose a key named __proto__.
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [change(key), mapped(child, change)]),
  );
}
