/** As PostgreSQL orders texts by their bytes, which is the order of locks. */
export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
