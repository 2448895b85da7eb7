import type { WindowKind } from "@wflo/core";
import type { WindowLook } from "./books.ts";
import type { Random } from "./random.ts";

/** A budget of the play: which cap it has, and how many users share it. */
export interface PlayBudget {
  readonly id: string;
  readonly window: WindowKind;
  readonly users: number;
}

const TEAMS = [1, 2, 3];
const USERS_OF_A_TEAM = [1, 2, 3];
const TEAM_IDS = TEAMS.map((team) => `team/${team}`);
const USER_IDS = TEAMS.flatMap((team) => USERS_OF_A_TEAM.map((user) => `user/${team}-${user}`));
const ORG_ID = "org";

/** The budget that nearly all calls are on. */
export const HOT_ID = ORG_ID;

/** An organisation, its teams, their users. The caps of these are changed all the time. */
export const TREE: readonly PlayBudget[] = [
  { id: ORG_ID, window: "month", users: USER_IDS.length },
  ...TEAM_IDS.map((id) => ({ id, window: "total" as const, users: USERS_OF_A_TEAM.length })),
  ...USER_IDS.map((id) => ({ id, window: "total" as const, users: 1 })),
];

/** Budgets whose midnight falls into the play; their caps stay. */
export const CLOCK_IDS: readonly string[] = ["clock/1", "clock/2"];

/** The budgets of one call: mostly a user and what is above, sometimes two teams at once, always in a random order. */
export function budgetsOfCall(random: Random): readonly string[] {
  const user = random.pick(USER_IDS);
  const ids = new Set([user, `team/${user.charAt("user/".length)}`, ORG_ID]);
  if (random.chance(0.15)) ids.add(random.pick(TEAM_IDS));
  if (random.chance(0.15)) ids.add(random.pick(USER_IDS));
  if (random.chance(0.3)) ids.add(random.pick(CLOCK_IDS));
  if (random.chance(0.1)) ids.delete(ORG_ID);
  return random.shuffled([...ids]);
}

/** The same where one budget is hot: two calls in three are on that alone. */
export function budgetsOfHotCall(random: Random): readonly string[] {
  return random.chance(2 / 3) ? [HOT_ID] : budgetsOfCall(random);
}

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
