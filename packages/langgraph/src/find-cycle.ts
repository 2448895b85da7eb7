/** Deeper values are not searched. */
const MAX_DEPTH = 1_000;

/** The path of something that contains itself; undefined when nothing does. `path` is that of the value. */
export function findCycle(
  value: unknown,
  path: string,
  ancestors: ReadonlySet<unknown> = new Set(),
): string | undefined {
  if (typeof value !== "object" || value === null || ancestors.size > MAX_DEPTH) return undefined;
  if (ancestors.has(value)) return path;
  const inner = new Set([...ancestors, value]);
  for (const [key, child] of childrenOf(value)) {
    const found = findCycle(child, `${path}${key}`, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* childrenOf(value: object): Generator<readonly [key: string, child: unknown]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield [`[${index}]`, item];
  } else if (value instanceof Map) {
    for (const [key, child] of value as Map<unknown, unknown>) yield [`.get(${String(key)})`, child];
  } else if (value instanceof Set) {
    for (const child of value as Set<unknown>) yield [".item", child];
  } else {
    for (const [key, child] of Object.entries(value)) yield [`.${key}`, child];
  }
}
