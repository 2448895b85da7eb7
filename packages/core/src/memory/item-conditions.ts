import type { ItemComparison, ItemCondition } from "../ports/item-store.ts";
import { byteOrder } from "./byte-order.ts";

/** A text that counts as a number; more digits than a double has room for are none. */
const NUMERAL = /^[+-]?[0-9]{1,200}(\.[0-9]{0,200})?([eE][+-]?[0-9]{1,2})?$/;

/** Tells whether a value fulfils all conditions. */
export function testOf(conditions: readonly ItemCondition[]): (value: unknown) => boolean {
  const read = conditions.map(({ operand, ...condition }) => ({
    ...condition,
    operand: JSON.parse(operand) as unknown,
  }));
  return (value) =>
    read.every(({ path, comparison, operand }) => compares(partOf(value, path), comparison, operand));
}

/** Undefined where the path leads to nothing. */
function partOf(value: unknown, path: readonly string[]): unknown {
  let part = value;
  for (const key of path) {
    const isObject = typeof part === "object" && part !== null && !Array.isArray(part);
    if (!isObject || !Object.hasOwn(part as object, key)) return undefined;
    part = (part as Record<string, unknown>)[key];
  }
  return part;
}

function compares(part: unknown, comparison: ItemComparison, operand: unknown): boolean {
  switch (comparison) {
    case "eq":
      return isSame(part, operand);
    case "ne":
      return !isSame(part, operand);
    case "in":
      return (operand as unknown[]).some((item) => isSame(part, item));
    case "nin":
      return !(operand as unknown[]).some((item) => isSame(part, item));
    default: {
      const order = orderOf(part, operand);
      return order !== undefined && inOrder(order, comparison);
    }
  }
}

function inOrder(order: number, comparison: "gt" | "gte" | "lt" | "lte"): boolean {
  switch (comparison) {
    case "gt":
      return order > 0;
    case "gte":
      return order >= 0;
    case "lt":
      return order < 0;
    case "lte":
      return order <= 0;
  }
}

/** Negative where the part is the smaller; undefined where the two are in no order. */
function orderOf(part: unknown, operand: unknown): number | undefined {
  const [left, right] = [numberOf(part), numberOf(operand)];
  if (right !== undefined) return left === undefined ? undefined : Math.sign(left - right);
  return typeof part === "string" && typeof operand === "string" ? byteOrder(part, operand) : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMERAL.test(value) ? Number(value) : undefined;
}

/** Of two JSON values. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(own(one, key), own(other, key)))
  );
}

function own(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}
