import { expect } from "vitest";
import type { DatabaseHarness } from "../suites/database-case.ts";
import { CheckpointPlanner } from "./checkpoint-planner.ts";
import { historyFacts, moneyFacts, playMove } from "./play-move.ts";
import type { WalkMove } from "./walk-move.ts";
import { walkBudgets, WalkPlanner, walkScene } from "./walk-planner.ts";

const HISTORY_EVERY = 20;
const CHECKPOINT_EVERY = 3;

/**
 * Does the same random moves to two databases and rejects at the first difference: in a verdict, in a window,
 * in the history. Of the first one it also checks, after every move, that rows are what entries and holds add
 * up to, that no grant passes a cap, and, on even seeds (calm walks), that nothing but overrun ever does.
 */
export async function differentialWalk(
  a: DatabaseHarness,
  b: DatabaseHarness,
  seed: number,
  moves = 200,
): Promise<void> {
  const isCalm = seed % 2 === 0;
  const planner = new WalkPlanner(seed, isCalm);
  const checkpoints = new CheckpointPlanner(seed, walkScene.runId);
  const opening: readonly WalkMove[] = [
    { does: "setNow", at: walkScene.start },
    ...planner.opening(),
    ...checkpoints.opening(),
  ];
  for (const harness of [a, b]) {
    for (const move of opening) await playMove(harness, move);
    const { tenant, runId } = walkScene;
    await harness.database.runs.create(tenant, {
      id: runId,
      workflow: "w",
      input: "1",
      budgetIds: [],
      tags: [],
      traceId: runId.replaceAll("-", ""),
      threadId: runId,
    });
  }
  for (let index = 0; index < moves; index += 1) {
    const move = index % CHECKPOINT_EVERY === 1 ? checkpoints.next() : planner.next();
    const where = `seed ${seed}, move ${index}: ${textOf(move)}`;
    const verdict = await playMove(a, move);
    expect(await playMove(b, move), where).toEqual(verdict);
    expect(await moneyFacts(b), where).toEqual(await moneyFacts(a));
    await expectSoundMoney(a, { move, verdict, isCalm, where });
    expect(await b.database.ledger.reconcile(walkScene.tenant), where).toEqual([]);
    if (index % HISTORY_EVERY === 0) expect(await historyFacts(b), where).toEqual(await historyFacts(a));
  }
  expect(await historyFacts(b), `seed ${seed}, at the end`).toEqual(await historyFacts(a));
}

interface Moment {
  readonly move: WalkMove;
  readonly verdict: unknown;
  readonly isCalm: boolean;
  readonly where: string;
}

async function expectSoundMoney({ database }: DatabaseHarness, moment: Moment): Promise<void> {
  const { move, verdict, isCalm, where } = moment;
  expect(await database.ledger.reconcile(walkScene.tenant), where).toEqual([]);
  const isGrant = Array.isArray(verdict) && verdict[0] === "granted" && verdict[1] > 0n;
  const reserved = move.does === "reserve" && isGrant ? move.request.budgetIds : [];
  for (const budget of await database.ledger.getBudgets(walkScene.tenant, walkBudgets)) {
    for (const { window, capNanoUsd, spentNanoUsd, reservedNanoUsd, overrunNanoUsd } of budget.windows) {
      const used = spentNanoUsd + reservedNanoUsd;
      const name = `${where}: ${budget.id} ${window} uses ${used} of ${capNanoUsd}`;
      expect(spentNanoUsd >= 0n && reservedNanoUsd >= 0n && overrunNanoUsd >= 0n, name).toBe(true);
      if (reserved.includes(budget.id)) expect(used <= capNanoUsd, name).toBe(true);
      if (isCalm) expect(used - overrunNanoUsd <= capNanoUsd, name).toBe(true);
    }
  }
}

function textOf(move: WalkMove): string {
  return JSON.stringify(move, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}
