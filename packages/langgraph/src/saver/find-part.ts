/** Deeper values are not searched. */
const MAX_DEPTH = 1_000;

/** The path of something that contains itself; undefined when nothing does. `path` is that of the value. */
export function findCycle(value: unknown, path: string): string | undefined {
  return findPart(value, path, (part, ancestors) => ancestors.has(part));
}

/** The path of the first bigint in a value. */
export function findBigint(value: unknown, path: string): string | undefined {
  return findPart(value, path, (part) => typeof part === "bigint");
}

type IsSought = (part: unknown, ancestors: ReadonlySet<unknown>) => boolean;

function findPart(value: unknown, path: string, isSought: IsSought): string | undefined {
  const way = wayTo(value, isSought, new Set());
  return way === undefined ? undefined : path + way;
}

/** From a value to what is sought in it. */
function wayTo(value: unknown, isSought: IsSought, ancestors: Set<unknown>): string | undefined {
  if (isSought(value, ancestors)) return "";
  if (typeof value !== "object" || value === null || ancestors.size > MAX_DEPTH) return undefined;
  ancestors.add(value);
  for (const [key, child] of childrenOf(value)) {
    const way = wayTo(child, isSought, ancestors);
    if (way !== undefined) return key + way;
  }
  ancestors.delete(value);
  return undefined;
}

function* childrenOf(value: object): Generator<readonly [key: string, child: unknown]> {
  if (ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield [`[${index}]`, item];
  } else if (value instanceof Map) {
    for (const [key, child] of value as Map<unknown, unknown>) yield [`.get(${toldKey(key)})`, child];
  } else if (value instanceof Set) {
    for (const child of value as Set<unknown>) yield [".item", child];
  } else {
    for (const [key, child] of Object.entries(value)) yield [`.${key}`, child];
  }
}

/** Objects may have no text, and nobody would know them by it. */
function toldKey(key: unknown): string {
  return typeof key === "object" && key !== null ? "…" : String(key);
}
