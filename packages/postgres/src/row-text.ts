/** One value of a row or a list as PostgreSQL reads it. */
export type RowField = string | number | bigint | boolean | null | undefined;

/** What must stand in quotes within a row: what means something there, spaces, and no text at all. */
const SPECIAL = /[\s"\\(),{}]/;

/** A row as PostgreSQL reads it: `(a,"b c",)`. What is null or undefined is null there. */
export function rowText(fields: readonly RowField[]): string {
  return `(${fields.map(fieldText).join(",")})`;
}

/** A list of texts, or of rows, as PostgreSQL reads it: `{"a","b"}`. */
export function listText(texts: readonly string[]): string {
  return `{${texts.map(quoted).join(",")}}`;
}

/** A list of ids or numbers, which need no quotes. */
export function plainListText(values: readonly (string | number | bigint)[]): string {
  return `{${values.join(",")}}`;
}

/** The values of a list of numbers that PostgreSQL wrote. */
export function numbersOf(list: string): readonly string[] {
  return list === "{}" ? [] : list.slice(1, -1).split(",");
}

/** One field of a row. */
export function fieldText(field: RowField): string {
  if (field === null || field === undefined) return "";
  const text = String(field);
  return text === "" || SPECIAL.test(text) ? quoted(text) : text;
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`;
}
