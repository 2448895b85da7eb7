import { pglite } from "@wflo/postgres/pglite";
import { openLedger } from "./hot-ways.ts";
import { median } from "./percentile.ts";

const BUDGET = "hot";
const WARM_MS = 500;
const FOR_MS = 1_500;

/** Pairs a second on a PGlite in memory, in this process, with so many callers each; medians of the rounds, interleaved. */
export async function pglitePairs(callers: readonly number[], rounds: number): Promise<readonly number[]> {
  const database = pglite();
  const way = openLedger(database);
  const caps = { day: 10n ** 15n, month: 10n ** 15n };
  await database.ledger.setBudget("default", { id: BUDGET, caps, onExpiry: "charge", warnAt: [] });
  const play = async (count: number, forMs: number): Promise<number> => {
    const started = performance.now();
    let pairs = 0;
    const call = async (): Promise<void> => {
      for (; performance.now() - started < forMs; pairs += 1) await way.pair([BUDGET]);
    };
    await Promise.all(Array.from({ length: count }, call));
    return (pairs / (performance.now() - started)) * 1_000;
  };
  for (const count of callers) await play(count, WARM_MS);
  const found = callers.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, count] of callers.entries()) found[at]?.push(await play(count, FOR_MS));
  await way.close();
  return found.map(median);
}
