import { DeltaSnapshot } from "@langchain/langgraph-checkpoint";

/**
 * A text that two values share only when they are the same to every serializer; undefined for values of which that cannot be told,
 * such as instances of unknown classes. Messages and other classes of LangChain are told by their class and what they are written as.
 */
export function identityOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(tokensOf(value, new Set()));
  } catch {
    return undefined;
  }
}

class Unknown extends Error {}

function tokensOf(value: unknown, ancestors: Set<object>): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" || typeof value === "bigint" || value === undefined) {
    return [typeof value, Object.is(value, -0) ? "-0" : String(value)];
  }
  if (typeof value !== "object" || ancestors.has(value)) throw new Unknown();
  ancestors.add(value);
  const tokens = tokensOfObject(value, (child) => tokensOf(child, ancestors));
  ancestors.delete(value);
  return tokens;
}

function tokensOfObject(value: object, inner: (child: unknown) => unknown): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return ["array", Array.from(value as unknown[], inner)];
  if (prototype === Object.prototype || prototype === null) return ["object", entriesOf(value, inner)];
  if (prototype === Date.prototype) return ["date", (value as Date).getTime()];
  if (prototype === Uint8Array.prototype) return ["bytes", Array.from(value as Uint8Array)];
  if (prototype === Set.prototype) return ["set", Array.from(value as Set<unknown>, inner)];
  if (prototype === Map.prototype) {
    return ["map", Array.from(value as Map<unknown, unknown>, ([key, child]) => [inner(key), inner(child)])];
  }
  if (prototype === RegExp.prototype) return ["regexp", (value as RegExp).source, (value as RegExp).flags];
  if (prototype === DeltaSnapshot.prototype) return ["delta", entriesOf(value, inner)];
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return ["error", value.constructor.name, name, message, stack, inner(cause), entriesOf(value, inner)];
  }
  const { lc_serializable: isSerializable, toJSON, constructor } = value as Partial<Serializable>;
  if (isSerializable !== true || typeof toJSON !== "function") throw new Unknown();
  const written = toJSON.call(value) as { readonly kwargs?: unknown };
  return ["instance", constructor?.name, inner(written)];
}

interface Serializable {
  readonly lc_serializable: boolean;
  toJSON(): unknown;
  readonly constructor: { readonly name?: string };
}

function entriesOf(value: object, inner: (child: unknown) => unknown): unknown {
  return Object.entries(value).map(([key, child]) => [key, inner(child)]);
}
