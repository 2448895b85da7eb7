import type { ItemComparison, ItemCondition } from "@wflo/core";
import { InvalidFilterError } from "./invalid-filter-error.ts";
import { isPlainObject, plainJson } from "./plain-json.ts";

const COMPARISONS: ReadonlyMap<string, ItemComparison> = new Map([
  ["$eq", "eq"],
  ["$ne", "ne"],
  ["$in", "in"],
  ["$nin", "nin"],
  ["$gt", "gt"],
  ["$gte", "gte"],
  ["$lt", "lt"],
  ["$lte", "lte"],
]);
const MAX_DEPTH = 10;

const refuse = (path: string, what: string) => new InvalidFilterError(path, what);

/**
 * What a filter asks of a value: an object asks key by key, down to values that must be the same and to operators. Throws
 * `InvalidFilterError` for what cannot be asked.
 */
export function filterConditions(filter: unknown): readonly ItemCondition[] {
  if (filter === undefined || filter === null) return [];
  if (!isPlainObject(filter)) throw refuse("filter", 'is no plain object: write { key: "value" }');
  const [operator] = Object.keys(filter).filter(isOperator);
  if (operator !== undefined) {
    throw refuse(`filter.${operator}`, "is an operator without a key before it: write { age: { $gt: 5 } }");
  }
  return conditionsBelow(filter, []);
}

function conditionsBelow(
  filter: Readonly<Record<string, unknown>>,
  path: readonly string[],
): readonly ItemCondition[] {
  if (path.length >= MAX_DEPTH) throw refuse(spelt(path), `lies deeper than ${MAX_DEPTH} keys`);
  return Object.entries(filter).flatMap(([key, wanted]) => conditionsOf(wanted, [...path, key]));
}

function conditionsOf(wanted: unknown, path: readonly string[]): readonly ItemCondition[] {
  if (!isPlainObject(wanted)) return [conditionOf(path, "eq", wanted, spelt(path))];
  const keys = Object.keys(wanted);
  const operators = keys.filter(isOperator);
  if (keys.length === 0) throw refuse(spelt(path), "is empty: leave it out, or write { $eq: {} }");
  if (operators.length === 0) return conditionsBelow(wanted, path);
  if (operators.length < keys.length) {
    throw refuse(
      spelt(path),
      "has both keys and operators: write { $eq: { … } } for an object with such keys",
    );
  }
  return operators.map((operator) => operatorCondition(path, operator, wanted[operator]));
}

function operatorCondition(path: readonly string[], operator: string, operand: unknown): ItemCondition {
  const comparison = COMPARISONS.get(operator);
  const at = `${spelt(path)}.${operator}`;
  switch (comparison) {
    case undefined:
      throw refuse(at, `is no operator: there are ${[...COMPARISONS.keys()].join(", ")}`);
    case "eq":
    case "ne":
      break;
    case "in":
    case "nin":
      if (!Array.isArray(operand)) throw refuse(at, "needs a list");
      break;
    default:
      if (typeof operand !== "number" && typeof operand !== "string")
        throw refuse(at, "needs a number or a text");
  }
  return conditionOf(path, comparison, operand, at);
}

function conditionOf(
  path: readonly string[],
  comparison: ItemComparison,
  operand: unknown,
  at: string,
): ItemCondition {
  return { path, comparison, operand: plainJson(operand, at, refuse) };
}

function isOperator(key: string): boolean {
  return key.startsWith("$");
}

function spelt(path: readonly string[]): string {
  return ["filter", ...path].join(".");
}
