import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import type { CheckpointRow } from "../ports/checkpoint-store.ts";
import { copyOf } from "./copy-of.ts";
import { LogWriter } from "./log-writer.ts";
import { writeManifest } from "./manifest.ts";
import { matchList } from "./match-list.ts";
import { readRemembered, stateOf } from "./read-state.ts";
import type { Remembered, RememberedState } from "./remembered.ts";
import { stateDigest } from "./state-digest.ts";
import { toWritten } from "./to-written.ts";
import { writeState } from "./write-state.ts";

type Elements = LogWriter["elements"];
type OnRow = (row: CheckpointRow) => void;

/** What a store gives back of a state that was written. */
function readBack(remembered: RememberedState, elements: Elements, onRow: OnRow): RememberedState {
  const where = { id: "1", thread: "t", namespace: "", parentId: undefined };
  const what = { name: "state", step: undefined, kind: "save" as const, metadata: "", savedAt: new Date(0) };
  const row = { ...where, ...what, ...writeManifest(remembered) };
  onRow(row);
  return readRemembered({ row, elements, writes: [], thread: { epoch: 1, nextLog: 1 } });
}

/** The states as they come back, each saved after the one before; half of the bases are read, half remembered. */
function savedInTurn(states: readonly unknown[], onRow: OnRow = () => {}): unknown[] {
  let base: RememberedState | undefined;
  let nextLog = 1;
  const stored: Elements = [];
  return states.map((state, turn) => {
    const writer = new LogWriter(nextLog, false);
    const remembered = writeState(state, base, writer, "state");
    stored.push(...writer.elements);
    nextLog = Math.max(nextLog, ...stored.map(({ log }) => log + 1));
    const read = readBack(remembered, stored, onRow);
    expect(stateDigest(read)).toBe(stateDigest(remembered));
    expect(stateDigest(read)).toBe(
      stateDigest(writeState(state, undefined, new LogWriter(1, false), "state")),
    );
    base = turn % 2 === 0 ? read : remembered;
    return stateOf(read);
  });
}

const inherited = Object.getOwnPropertyNames(Object.prototype);

describe("a state comes back whole that has a key", () => {
  test.each(inherited)("%s", (key) => {
    const long = [1, 2, 3, 4, 5];
    const at = (value: unknown) => JSON.parse(`{"${key}": ${JSON.stringify(value)}}`) as object;
    const wide = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`k${index}`, index]));
    const states = [
      at(long),
      at(at(long)),
      { a: at(at(at({ isAdmin: long }))) },
      { ...wide, [key]: long, z: at(long) },
      { a: { b: { c: { d: { e: at(long) } } } } },
      { list: [at(1), at(long)], map: new Map([[key, at(long)]]) },
      at({ prototype: { isAdmin: long } }),
    ];
    // Not `toStrictEqual`, which takes an own `constructor` for the class of an object.
    expect(isDeepStrictEqual(savedInTurn(states), states)).toBe(true);
    expect(isDeepStrictEqual(copyOf(states, "states"), states)).toBe(true);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
});

test("a state with keys that functions have does not reach the functions", () => {
  const state: unknown = JSON.parse('{"constructor":{"prototype":{"isAdmin":["yes",2,3,4]}}}');
  expect(isDeepStrictEqual(savedInTurn([state]), [state])).toBe(true);
  expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
});

test.each([
  ["objects", () => ({ a: 1 })],
  ["dates", () => new Date(1)],
])("a Map comes back whole two of whose keys are equal %s", (_, key) => {
  const state = {
    map: new Map([
      [key(), 1],
      [key(), 2],
    ]),
  };
  expect(savedInTurn([state, state])).toStrictEqual([state, state]);
});

test("a list comes back whole that has properties beside its items", () => {
  const many = Array.from({ length: 40 }, (_, at) => at);
  const found = Object.assign(["to Paris", "Paris"], { index: 4, groups: { city: "Paris" } });
  const summed = (list: readonly number[], sum: number) => Object.assign([...list], { sum });
  const lists = [summed(many, 5), many, summed(many, 6), summed([...many, 1], 7), found];
  const wide = Object.fromEntries(many.map((at) => [`k${at}`, at]));
  const ways: ((list: unknown) => unknown)[] = [
    (list) => list,
    (list) => ({ list }),
    (list) => ({ ...wide, list }),
    (list) => [[list]],
    (list) => new Map([["k", list]]),
  ];
  for (const way of ways) {
    const states = lists.map(way);
    expect(isDeepStrictEqual(savedInTurn(states), states)).toBe(true);
    expect(
      isDeepStrictEqual(
        states.map((state) => copyOf(state, "state")),
        states,
      ),
    ).toBe(true);
  }
});

const letters = [..."abcdefghijklmnop"];
const lettersIn = (order: readonly string[]) =>
  order.map((letter) => [letter, { at: letter.repeat(9) }] as const);
const ORDERS = [
  letters,
  [...letters.slice(1), "a"],
  letters.toReversed(),
  ["new", ...letters],
  ["new", "7", ...letters.slice(3), "3", "b"],
  ["3", "newer", "7", "b", ...letters.slice(3), "12345678901"],
];

describe("the order of keys comes back", () => {
  const keysOf = (value: unknown) =>
    value instanceof Map ? [...value.keys()] : Object.keys(value as object);

  test.each([
    ["of a Map", (order: readonly string[]) => new Map(lettersIn(order))],
    ["of a large object", (order: readonly string[]) => Object.fromEntries(lettersIn(order))],
  ])("%s", (_, make) => {
    const states = ORDERS.map((order): unknown => make(order));
    const back = savedInTurn(states);
    expect(back).toStrictEqual(states);
    expect(back.map(keysOf)).toStrictEqual(states.map(keysOf));
  });

  test("of small objects, of objects in lists and in Maps", () => {
    const small = (order: readonly string[]) => {
      const few = Object.fromEntries(lettersIn(order.filter((key) => "abcde".includes(key))));
      return { few, list: [few], map: new Map([["k", few]]), deep: [[[{ x: [few, few, few, few] }]]] };
    };
    const states = ORDERS.map(small);
    expect(savedInTurn(states).map((state) => JSON.stringify(state))).toStrictEqual(
      states.map((state) => JSON.stringify(state)),
    );
  });

  test("where a key of a large object holds a long list", () => {
    const list = Array.from({ length: 40 }, (_, at) => at);
    const state = {
      ...Object.fromEntries(lettersIn(letters)),
      a: list,
      b: { c: { d: list } },
      c: new Map([[1, list]]),
    };
    const [back] = savedInTurn([state]);
    expect(back).toStrictEqual(state);
    expect(Object.keys(back as object)).toStrictEqual(Object.keys(state));
  });
});

test("a list that is torn again and again comes back, and is never named in many pieces", () => {
  let seed = 3;
  const below = (count: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * count);
  };
  let list: unknown[] = Array.from({ length: 60 }, (_, at) => ({ at, text: "x".repeat(80) }));
  const changes: Readonly<Record<number, (at: number, turn: number) => unknown>> = {
    0: (at) => list.splice(at, 1),
    1: (at, turn) => list.splice(at, 2, { turn }),
    2: (at, turn) => list.splice(at, 0, { turn }, { turn, more: "y".repeat(below(300)) }),
    3: (at) => list.push(...list.splice(0, at)),
    4: (at) => list.splice(below(list.length), 0, ...list.splice(at, below(4))),
    5: (_, turn) => list.push({ turn }),
  };
  const lists = Array.from({ length: 400 }, (_, turn) => {
    list = [...list];
    changes[below(6)]?.(below(list.length), turn);
    return list;
  });
  const pieces: number[] = [];
  const states = lists.map((each, turn) => ({ list: turn % 90 === 89 ? each.toReversed() : each }));
  expect(savedInTurn(states, (row) => pieces.push(row.pieces.length))).toStrictEqual(states);
  expect(Math.max(...pieces)).toBeLessThan(30);
});

test("a short value needs no element, whatever was there before it and comes after", () => {
  const values = [
    1,
    "a".repeat(200),
    null,
    { a: 1 },
    "b".repeat(200),
    `${"b".repeat(200)}c`,
    [],
    undefined,
    1n,
  ];
  const pieces: number[] = [];
  const states = values.map((value) => ({ value }));
  expect(savedInTurn(states, (row) => pieces.push(row.pieces.length))).toStrictEqual(states);
  expect(pieces).toEqual([0, 1, 0, 0, 1, 2, 0, 0, 1]);
});

test("a list of few different values is matched with its reverse in no time", () => {
  const items = [...Array.from({ length: 20_000 }, () => 0), ...Array.from({ length: 20_000 }, () => 1)];
  const old = items.map((item, position): Remembered => {
    return { written: toWritten(item, ""), characters: 1, digest: 0, log: 1, position };
  });
  const started = performance.now();
  const matched = matchList(items.toReversed(), old);
  expect(performance.now() - started).toBeLessThan(500);
  expect(new Set(matched).size).toBe(items.length);
});

test("a state of more values than one value may have is copied; cycles and depth are refused", () => {
  const many = Array.from({ length: 400_001 }, (_, at) => [at, at]);
  expect(copyOf({ many }, "state")).toStrictEqual({ many });
  const cycle: Record<string, unknown> = { list: [1, 2, 3, 4] };
  cycle["self"] = cycle;
  expect(() => copyOf(cycle, "state")).toThrow("contains itself");
  const deep: unknown = JSON.parse("[".repeat(300) + "]".repeat(300));
  expect(() => copyOf({ deep }, "state")).toThrow("deeper than 200 levels");
  expect(() => copyOf({ a: [() => 1] }, "state")).toThrow("state.a[0] cannot be saved");
});

test("a checkpoint that adds more than 64 MB is refused", () => {
  const part = "x".repeat(17 * 1024 * 1024);
  const state = { parts: [part, part, part, part] };
  expect(() => writeState(state, undefined, new LogWriter(1, false), "state")).toThrow("more than the 64 MB");
});
