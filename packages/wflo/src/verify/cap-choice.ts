import type { WindowLook } from "./books.ts";
import { TREE, type PlayBudget } from "./budget-tree.ts";
import type { Random } from "./random.ts";

/** About what a call holds. Nano-dollars. */
export const ONE_CALL_NANO_USD = 10_000_000n;
/** More calls than a user makes in a season. */
const PLENTY = 5_000;
/** What a short budget gets is a few calls, or a hundred. */
const MOST_DOUBLINGS = 7;
/** How often what is held counts as well; else the cap may be lowered below what is spent and held. */
const COUNTS_HOLDS = 0.7;

/** A cap a little or a lot above what is spent, in nano-dollars. */
export function nextCap(
  budget: PlayBudget,
  windows: readonly WindowLook[],
  how: { readonly random: Random; readonly isPlenty: boolean },
): bigint {
  const { random, isPlenty } = how;
  const own = windows.filter(({ budgetId }) => budgetId === budget.id);
  const spent = own.reduce((sum, look) => sum + look.spent, 0n);
  const held = own.reduce((sum, look) => sum + look.reserved, 0n);
  const calls = isPlenty ? PLENTY : Math.round(2 ** (random.next() * MOST_DOUBLINGS));
  const room = ONE_CALL_NANO_USD * BigInt(calls * budget.users);
  return spent + (random.chance(COUNTS_HOLDS) ? held : 0n) + room;
}

/** The budget that has the least left. */
export function tightest(windows: readonly WindowLook[]): PlayBudget {
  const leftOf = ({ id }: PlayBudget): bigint => {
    const own = windows.findLast(({ budgetId }) => budgetId === id);
    return own === undefined ? ONE_CALL_NANO_USD : own.cap - own.spent - own.reserved;
  };
  return TREE.reduce((least, budget) => (leftOf(budget) < leftOf(least) ? budget : least));
}
