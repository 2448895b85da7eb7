import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode } from "./codec.ts";

const roundTrip = (value: unknown) => decode(encode(value, "value"));

class Things extends Array<unknown> {}

describe("the codec", () => {
  test.each([
    ["plain data", { a: [1, "two", null, true, { b: undefined }], "": -0.5 }],
    ["numbers JSON does not have", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]],
    ["a date", new Date("2026-11-22T12:00:00.123Z")],
    ["an invalid date", new Date(Number.NaN)],
    ["maps and sets", new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "a", new Date(0)])]])],
    ["big integers", 2n ** 70n],
    ["bytes", Uint8Array.from({ length: 300 }, (_, index) => index % 256)],
    ["hostile text", 'quote " null \u0000 emoji 🙂 lone \ud800'],
    ["an object that looks like a saved value", { $wflo: "date", v: 1 }],
    ["a key named __proto__", JSON.parse('{"__proto__": {"x": 1}, "y": 2}') as unknown],
    ["keys named __proto__ in depth", JSON.parse('[{"a": {"__proto__": {"__proto__": [1]}}}]') as unknown],
    ["sparse lists", Array.from({ length: 3 })],
    ["undefined", undefined],
  ])("gives back %s", (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  test.each(Object.getOwnPropertyNames(Object.prototype))("gives back an own key %s", (key) => {
    const value: unknown = JSON.parse(`{"${key}": [1, {"${key}": {"a": {"${key}": {}}}}]}`);
    // Not `toStrictEqual`, which takes an own `constructor` for the class of an object.
    expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true);
  });

  test("gives back errors with their name, cause and own fields", () => {
    const error = Object.assign(new TypeError("bad", { cause: new Error("why") }), {
      code: "E_BAD",
      at: new Date(1),
    });
    const back = roundTrip(error) as Error & { code: string; at: Date };
    expect(back).toBeInstanceOf(Error);
    expect([back.name, back.message, back.code, back.at]).toEqual(["TypeError", "bad", "E_BAD", new Date(1)]);
    expect((back.cause as Error).message).toBe("why");
  });

  test("gives back lists with what they have beside their items", () => {
    const match = /to (?<city>\w+)/d.exec("fly to Paris");
    const back = roundTrip({ found: [match] }) as { readonly found: readonly RegExpExecArray[] };
    expect(back.found[0]?.groups?.["city"]).toBe("Paris");
    expect(Object.keys(back.found[0] ?? [])).toEqual(Object.keys(match ?? []));
    const keys = ["-1", "0.5", "4294967295", "", "$wflo"];
    const named = Object.assign([1, [2]], Object.fromEntries(keys.map((key) => [key, new Date(0)])));
    expect(Object.entries(roundTrip(named) as object)).toEqual(Object.entries(named));
    expect(Object.entries(roundTrip(Object.assign([], { total: 5 })) as object)).toEqual([["total", 5]]);
  });

  test("a list that a library has given a method is saved without it", () => {
    const rows = Object.assign([1, 2], { reload: () => rows, total: 2 });
    const back = roundTrip(rows) as typeof rows;
    expect([[...back], Object.entries(back)]).toEqual([
      [1, 2],
      [
        ["0", 1],
        ["1", 2],
        ["total", 2],
      ],
    ]);
  });

  test("gives back the errors of an AggregateError", async () => {
    const all = [Promise.reject(new Error("one")), Promise.reject(new Error("two"))];
    const error: unknown = await Promise.any(all).catch((thrown: unknown) => thrown);
    const once = roundTrip(error) as AggregateError;
    expect(once.name).toBe("AggregateError");
    expect((roundTrip(once) as AggregateError).errors).toEqual([new Error("one"), new Error("two")]);
  });

  test("gives back any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(value)).toEqual(value);
      }),
    );
  });

  test("a reading of hostile text never changes the prototype of anything", () => {
    roundTrip(JSON.parse('{"__proto__": {"polluted": 1}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  const long = "x".repeat(30 * 1024 * 1024);
  const cycle: Record<string, unknown> = {};
  cycle["self"] = { deep: cycle };
  test.each([
    [{ a: { f: () => 1 } }, "value.a.f cannot be saved: it is a function"],
    [[Symbol("s")], "value[0] cannot be saved: it is a symbol"],
    [{ m: new Map([["k", new WeakMap()]]) }, "value.m.get(k) cannot be saved: it is an instance of WeakMap"],
    [new (class Thing {})(), "value cannot be saved: it is an instance of Thing"],
    [cycle, "value.self.deep cannot be saved: it contains itself"],
    [new Int16Array(2), "value cannot be saved: it is an instance of Int16Array"],
    [JSON.parse("[".repeat(300) + "]".repeat(300)), "it lies deeper than 200 levels"],
    ["x".repeat(33 * 1024 * 1024), "more than the 32 MB a value may have"],
    [
      Array.from({ length: 20 }, () => long),
      "value cannot be saved: it takes far more than the 32 MB a value may have",
    ],
    [
      { files: [new Uint8Array(40 * 1024 * 1024)] },
      "value.files[0] cannot be saved: it has 40 MB, more than the 32 MB",
    ],
  ])("names the path of what does not survive (%#)", (value, message) => {
    expect(() => encode(value, "value")).toThrow(message);
  });

  test.each([
    [
      new Map([[Object.create(null), new WeakSet()]]),
      "value.get(…) cannot be saved: it is an instance of WeakSet",
    ],
    [new (class Bytes extends Uint8Array {})(2), "value cannot be saved: it is an instance of Bytes"],
    [Things.from([1]), "value cannot be saved: it is an instance of Things"],
    [shared(40), "value cannot be saved: it has more than 1000000 values"],
  ])("refuses what would come back as something else or without end (%#)", (value, message) => {
    expect(() => encode(value, "value")).toThrow(message);
  });

  test("says that a newer version wrote what it does not know", () => {
    expect(() => decode('{"$wflo":"hologram"}')).toThrow(
      "A saved value of kind hologram cannot be read: a newer version of wflo wrote it.",
    );
  });
});

/** A list of two equal lists of two equal lists …: few objects, 2^levels values. */
function shared(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
}
