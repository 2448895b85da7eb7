import type { BookedEntry, Books, WindowLook } from "./books.ts";
import type { Random } from "./random.ts";
import type { Stir } from "./stir.ts";

/** The ledger when all work is over, its left holds swept and some doubts resolved. */
export interface LedgerEnd {
  /** Calls whose hold was open when all processes had ended. */
  readonly leftOpen: readonly string[];
  readonly openHolds: number;
  /** Calls in doubt before some of them were resolved, and what they are charged. Nano-dollars. */
  readonly doubts: { readonly calls: number; readonly nanoUsd: bigint };
  readonly entries: readonly BookedEntry[];
  readonly windows: readonly WindowLook[];
}

const MOST_RESOLVED = 50;

/** Sweeps what killed processes left, resolves some calls in doubt, and reads what the ledger has then. */
export async function bringToEnd(options: {
  readonly books: Books;
  readonly stir: Stir;
  readonly random: Random;
}): Promise<LedgerEnd> {
  const { books, stir, random } = options;
  const leftOpen = await books.holds();
  await books.ageHolds(1);
  await stir.sweepAll();
  const doubts = doubtsIn(await books.entries());
  for (const callId of random.shuffled([...doubts.keys()]).slice(0, MOST_RESOLVED)) {
    if (random.chance(0.5)) await stir.correct(callId);
  }
  await stir.reconcile();
  return {
    leftOpen,
    openHolds: (await books.holds()).length,
    doubts: { calls: doubts.size, nanoUsd: [...doubts.values()].reduce((sum, amount) => sum + amount, 0n) },
    entries: await books.entries(),
    windows: await books.windows(),
  };
}

/** By call, what it is charged while nobody knows its bill. */
function doubtsIn(entries: readonly BookedEntry[]): ReadonlyMap<string, bigint> {
  const doubts = new Map<string, bigint>();
  for (const { callId, kind, total } of entries)
    if (kind === "doubt" || kind === "expire") doubts.set(callId, total);
  for (const { callId, kind } of entries) if (kind === "late" || kind === "correction") doubts.delete(callId);
  return doubts;
}
