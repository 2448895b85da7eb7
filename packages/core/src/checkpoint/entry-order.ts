import { applyPatch } from "./apply-patch.ts";
import { listPatch, type Patch } from "./patch.ts";

/** The order of the entries of a log in which these keys came; objects put keys that are numbers first, whenever they came. */
export function orderOf(kind: "record" | "map", keys: readonly string[]): string[] {
  if (kind === "map") return [...keys];
  const numbers = keys.filter(isIndex).toSorted((one, other) => indexOf(one) - indexOf(other));
  return numbers.length === 0 ? [...keys] : [...numbers, ...keys.filter((key) => !isIndex(key))];
}

/** Up to this many entries are moved to the end one by one. */
const FEW_MOVES = 8;

/** What puts the entries of a log in the order they should have: few are moved to the end, or all are put in order. */
export type Reordering = { readonly moves: readonly string[] } | { readonly order: Patch };

/** What is to be done so that keys in one order come in another; undefined when they do. */
export function reorderingOf(before: readonly string[], target: readonly string[]): Reordering | undefined {
  const order = listPatch(before, target);
  if (order === undefined) return undefined;
  const places = new Map(before.map((key, place) => [key, place]));
  let last = -1;
  const kept = target.findIndex((key) => {
    const place = places.get(key) ?? -1;
    const isInOrder = place > last;
    last = place;
    return !isInOrder;
  });
  const moves = kept === -1 ? [] : target.slice(kept);
  return moves.length <= FEW_MOVES ? { moves } : { order };
}

/** Keys as a patch orders them. */
export function reordered(kind: "record" | "map", keys: Iterable<string>, order: Patch): string[] {
  return applyPatch(orderOf(kind, [...keys]), order) as string[];
}

/** Keys are JSON here. */
function isIndex(key: string): boolean {
  return /^"(?:0|[1-9]\d{0,9})"$/.test(key) && indexOf(key) < 4_294_967_295;
}

function indexOf(key: string): number {
  return Number(key.slice(1, -1));
}
