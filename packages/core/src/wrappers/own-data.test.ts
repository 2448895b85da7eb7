import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { UnsavableValueError } from "../errors/unsavable-value-error.ts";
import { NOTHING, OwnDataReader } from "./own-data.ts";

class Box {
  inner: unknown;
  constructor(inner: unknown) {
    this.inner = inner;
  }
}

function read(value: unknown): { readonly data: unknown; readonly leftOut: readonly string[] } {
  const reader = new OwnDataReader();
  const data = reader.read(value, "x");
  return { data, leftOut: reader.leftOut.map(({ path }) => path) };
}

/** So many boxes around a value. */
const boxed = (count: number, value: unknown): unknown =>
  count === 0 ? value : boxed(count - 1, new Box(value));

describe("the own data", () => {
  const shared = { a: 1 };
  test.each<[string, unknown, unknown]>([
    ["a list with holes for what is left out", [1, () => 2, 3], [1, undefined, 3]],
    ["undefined", { a: undefined }, { a: undefined }],
    ["parts that occur twice", { one: shared, two: shared }, { one: { a: 1 }, two: { a: 1 } }],
    [
      "subclasses of Map, Set, Array",
      new (class extends Map<string, Box> {})([["b", new Box(1)]]),
      new Map([["b", { inner: 1 }]]),
    ],
    ["a Set of instances", new Set([new Box(1), () => 2]), new Set([{ inner: 1 }])],
    ["a subclass of bytes", new (class extends Uint8Array {})([1, 2]), new Uint8Array([1, 2])],
    ["an embedding", { vector: new Float32Array([1, 0.5]) }, { vector: [1, 0.5] }],
    ["what toJSON gives", { url: new URL("http://a/b") }, { url: "http://a/b" }],
    ["what toJSON gives that is an instance", { toJSON: () => new Box(1) }, { inner: 1 }],
    ["an own __proto__", JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 1}}')],
    [
      "an object that says it is itself",
      new (class {
        a = 1;
        toJSON() {
          return this;
        }
      })(),
      { a: 1 },
    ],
    ["an empty object", {}, {}],
  ])("has %s", (_, value, data) => {
    expect(read(value)).toStrictEqual({ data, leftOut: [] });
  });

  test("of an error is an error, without what in it is live", () => {
    const error = Object.assign(new TypeError("no", { cause: new Box(1) }), {
      name: "MyError",
      status: 503,
      response: new Response(),
      headers: { authorization: "Bearer" },
    });
    const { data, leftOut } = read({ error });
    const copy = (data as { error: Error }).error;
    expect(copy).toBeInstanceOf(Error);
    expect({ ...copy, message: copy.message, stack: copy.stack, cause: copy.cause }).toEqual({
      name: "MyError",
      status: 503,
      message: "no",
      stack: error.stack,
      cause: { inner: 1 },
    });
    expect(leftOut).toEqual(["x.error.response", "x.error.headers.authorization"]);
  });

  test.each<[string, unknown, readonly string[]]>([
    ["an emitter", new EventEmitter(), ["x.it"]],
    ["a promise", Promise.resolve(), ["x.it"]],
    ["a generator", (function* () {})(), ["x.it"]],
    ["an aborter", new AbortController(), ["x.it"]],
    ["a timer", setTimeout(() => {}), ["x.it"]],
    [
      "a client",
      new (class {
        fetch = () => {};
        apiKey = "k";
        baseUrl = "u";
      })(),
      ["x.it"],
    ],
    [
      "a part of a client",
      new (class {
        _client = new Box(1);
      })(),
      ["x.it._client"],
    ],
    ["a revoked proxy", revoked(), ["x.it"]],
    [
      "a getter that throws",
      {
        get no() {
          throw new Error("no");
        },
      },
      ["x.it.no"],
    ],
    ["a secret in a Map of an instance", new Box(new Map([["token", "t"]])), ["x.it.inner.get(token)"]],
  ])("leaves out %s, and says so", (_, it, leftOut) => {
    expect(read({ it, kept: 1 })).toMatchObject({ data: { kept: 1 }, leftOut });
  });

  test("goes four instances deep", () => {
    expect(read(boxed(4, 1))).toEqual({ data: { inner: { inner: { inner: { inner: 1 } } } }, leftOut: [] });
    expect(read({ a: boxed(4, [new Box(1)]), b: 2 })).toMatchObject({
      data: { a: { inner: { inner: { inner: { inner: [undefined] } } } }, b: 2 },
      leftOut: ["x.a.inner.inner.inner.inner[0]"],
    });
  });

  test("is bounded in depth and in size", () => {
    let deep: object = { end: true };
    for (let level = 0; level < 5_000; level += 1) deep = { deep };
    expect(read(deep).leftOut).toHaveLength(1);
    expect(() => read(Array.from({ length: 1_000_001 }, () => 0))).toThrow(UnsavableValueError);
  });
});

describe("an owner", () => {
  const own = (value: unknown) => new OwnDataReader().readOwner(value, "x");

  test("may be live itself: an emitter's listeners are left out", () => {
    class Agent extends EventEmitter {
      notes = ["a"];
      _client = new EventEmitter();
    }
    expect(own(new Agent())).toStrictEqual({ notes: ["a"] });
  });

  test("is none where there is no object of the function's own", async () => {
    const values = [undefined, 5, globalThis, await import("./secret-key.ts"), () => {}];
    expect(values.map(own)).toEqual(values.map(() => NOTHING));
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
