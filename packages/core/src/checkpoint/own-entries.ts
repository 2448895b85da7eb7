/** The properties that a list has beside its items, but for methods: `match` of a text, for one, gives a list with some. */
export function ownEntries(list: readonly unknown[]): [string, unknown][] {
  // Items come first, in their order.
  const keys = Object.keys(list);
  const own = keys.slice(keys.findLastIndex((key) => isPlace(key, list.length)) + 1);
  const entries = own.map((key): [string, unknown] => [key, Reflect.get(list, key)]);
  return entries.filter(([, value]) => typeof value !== "function");
}

function isPlace(key: string, length: number): boolean {
  const place = Number(key);
  return Number.isInteger(place) && place >= 0 && place < length && String(place) === key;
}
