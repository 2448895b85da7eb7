/** Text that PostgreSQL stores: U+0000 and lone surrogates, which it refuses, become U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\uFFFD");
}
