/** Deeper values are refused when they are written. */
const MAX_DEPTH = 200;

/**
 * A value with bytes in place of the Buffers in its lists, plain objects, Maps and Sets; the value itself when it has none. LangGraph's
 * serializer takes a Buffer for bytes or for an object, depending on where it stands.
 */
export function withoutBuffers(value: unknown): unknown {
  return copyOf(value, 0);
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return value;
  if (value instanceof Uint8Array) return isBuffer(value) ? bytesOf(value) : value;
  const inner = (children: readonly unknown[]) => changed(children, depth + 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return inner(value as readonly unknown[]) ?? value;
  if (prototype === Set.prototype) {
    const items = inner([...(value as ReadonlySet<unknown>)]);
    return items === undefined ? value : new Set(items);
  }
  if (prototype === Map.prototype) {
    const pairs = inner([...(value as ReadonlyMap<unknown, unknown>)]);
    return pairs === undefined ? value : new Map(pairs as [unknown, unknown][]);
  }
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = inner(Object.entries(value));
  return entries === undefined ? value : Object.fromEntries(entries as [string, unknown][]);
}

/** Copies of children; undefined when none has a Buffer. */
function changed(children: readonly unknown[], depth: number): unknown[] | undefined {
  const copies = Array.from(children, (child) => copyOf(child, depth));
  return copies.some((copy, index) => !Object.is(copy, children[index])) ? copies : undefined;
}

function isBuffer(value: Uint8Array): boolean {
  return Object.getPrototypeOf(value) !== Uint8Array.prototype;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
