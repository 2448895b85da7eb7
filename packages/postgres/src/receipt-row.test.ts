import { expect, test } from "vitest";
import { receiptRow } from "./receipt-row.ts";

function written(receipt: Record<string, unknown>): unknown {
  return JSON.parse(receiptRow(receipt).json);
}

function deep(levels: number): unknown {
  return levels === 0 ? "bottom" : { in: deep(levels - 1) };
}

test.each([
  ["of every kind", { text: "é\\u0000", list: [1, null, true, { a: "b" }], none: undefined, at: 1.5 }],
  ["an empty one", {}],
  ["a long text", { text: "x".repeat(2_000) }],
])("a receipt of plain values is written as it is (%s)", (_, receipt) => {
  expect(written(receipt)).toEqual(JSON.parse(JSON.stringify(receipt)));
});

test("what PostgreSQL cannot keep, or JSON has no word for, becomes text, wherever it stands", () => {
  const receipt = {
    nul: "a\u0000b",
    lone: "\ud800!",
    ["key\u0000"]: 1,
    big: 5n,
    symbol: Symbol("s"),
    error: new TypeError("no"),
    date: new Date(0),
    listed: ["\udfff", 7n],
  };
  expect(written(receipt)).toEqual({
    nul: "a\uFFFDb",
    lone: "\uFFFD!",
    ["key\uFFFD"]: 1,
    big: "5",
    symbol: "Symbol(s)",
    error: "TypeError: no",
    date: "1970-01-01T00:00:00.000Z",
    listed: ["\uFFFD", "7"],
  });
});

test.each([
  ["U+0000", "a\u0000", "a\uFFFD"],
  ["a first surrogate", "\ud800!", "\uFFFD!"],
  ["a second surrogate", "\udfff", "\uFFFD"],
])("%s in a receipt of plain values is replaced, in a text and in a key", (_, refused, kept) => {
  expect(written({ [refused]: [refused] })).toEqual({ [kept]: [kept] });
});

test("what is too deep, goes in circles, is too long or throws never keeps a settle from being written", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  expect(receiptRow(circle).json).toContain("…");
  const twice: Record<string, unknown> = {};
  Object.assign(twice, { left: twice, right: twice });
  expect(written(twice)).toEqual({ left: "…", right: "…" });
  expect(receiptRow({ deep: deep(40) }).json).not.toContain("bottom");
  expect(receiptRow({ deep: deep(20) }).json).toContain("bottom");
  expect(written({ text: "x".repeat(1_000_001) })).toEqual({ dropped: "a receipt of 1000012 characters" });
  const throwing = Object.defineProperty({}, "usage", {
    enumerable: true,
    get: () => {
      throw new Error("mine");
    },
  });
  expect(written(throwing)).toEqual({ dropped: "a receipt that cannot be written: Error: mine" });
});

test.each([
  ["that says it is null", { toJSON: () => null }],
  ["that says it is nothing", { toJSON: () => undefined }],
])("a receipt %s is an empty one: a column of a list cannot be a null of JSON", (_, receipt) => {
  expect(written(receipt)).toEqual({});
});

test("a boxed bigint costs a receipt neither its other values nor its counts", () => {
  const { json, counts } = receiptRow({ usage: { inputTokens: 7 }, boxed: Object(1n) });
  expect(JSON.parse(json)).toEqual({ usage: { inputTokens: 7 }, boxed: {} });
  expect(counts.inputTokens).toBe(7);
});

test("counts are those of the receipt, also of one that was too long to be written", () => {
  const counted = { usage: { inputTokens: 7, outputTokens: -1 }, latencyMs: 1.5, reason: "cut" };
  const counts = { inputTokens: 7, outputTokens: 0, latencyMs: 0, hasReason: true };
  expect(receiptRow(counted).counts).toEqual(counts);
  expect(receiptRow({ ...counted, text: "x".repeat(1_000_001) }).counts).toEqual(counts);
  expect(receiptRow({ ...counted, reason: null }).counts).toEqual({ ...counts, hasReason: false });
});
