import type { KeyChange, ListStep, Patch } from "./patch.ts";
import { setOwn } from "./set-own.ts";

/** What a written value is after a patch. The value itself is changed: it must be the caller's own. */
export function applyPatch(value: unknown, patch: Patch): unknown {
  switch (patch[0]) {
    case 0:
      return patch[1];
    case 1:
      return applySteps(value as unknown[], patch.slice(1) as ListStep[]);
    case 2:
      return applyChanges(value as Record<string, unknown>, patch[1], patch[2]);
    case 3:
      return (value as string) + patch[1];
  }
}

function applySteps(list: unknown[], steps: readonly ListStep[]): unknown[] {
  let at = 0;
  for (const step of steps) {
    if (typeof step === "number") {
      if (step > 0) at += step;
      else list.splice(at, -step);
    } else if ("p" in step) {
      list[at] = applyPatch(list[at], step.p);
      at += 1;
    } else {
      at = putIn(list, at, step as readonly unknown[]);
    }
  }
  return list;
}

/** Most often at the end, and there without moving anything. */
function putIn(list: unknown[], at: number, items: readonly unknown[]): number {
  const rest = list.splice(at);
  // One by one: as arguments of one call, many would exhaust the stack.
  for (const item of items) list.push(item);
  for (const item of rest) list.push(item);
  return at + items.length;
}

function applyChanges(
  record: Record<string, unknown>,
  changes: readonly KeyChange[],
  order: Patch | undefined,
): Record<string, unknown> {
  for (const [key, patch] of changes) {
    if (patch === undefined) delete record[key];
    else setOwn(record, key, patch[0] === 0 ? patch[1] : applyPatch(record[key], patch));
  }
  if (order === undefined) return record;
  const keys = applyPatch(Object.keys(record), order) as string[];
  return Object.fromEntries(keys.map((key) => [key, record[key]]));
}
