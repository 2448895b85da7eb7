import { randomUUID } from "node:crypto";
import { createWflo, currentRun, type Database, type LedgerStore, type Run, type Wflo } from "@wflo/core";
import { Random } from "./random.ts";

/** What a run with many calls was made of. */
export interface CostlyRun {
  readonly calls: number;
  readonly steps: number;
  readonly checkpoints: number;
  readonly rollbacks: number;
  /** By the arithmetic of whoever filled the ledger; nano-dollars. */
  readonly nanoUsd: bigint;
  readonly abandonedNanoUsd: bigint;
}

/** The tenant that a client without one has. */
const TENANT = "default";
const STEPS = 100;
const CALLS_A_STEP = 100;
const CHECKPOINT_EVERY = 2;
/** After these checkpoints the run goes back to the one before. */
const ROLLBACKS = [15, 30, 45];
const AGENTS = ["planner", "searcher", "reader", "writer", "reviewer"];
const MODELS = ["large", "small", "nano"];
const TOOLS = ["search", "fetch"];
/** Reserves at once; settles in one statement. */
const AT_ONCE = 4;
const HOLD = 5_000_000n;

/**
 * Plays a run of 100 steps by 5 agents with 50 checkpoints and 3 rollbacks, whose 10,000 calls are put into the ledger by the store's
 * own functions, then has `look` look at it.
 */
export async function playCostlyRun(
  database: Database,
  look: (run: Run<undefined>, wflo: Wflo, made: CostlyRun) => Promise<void>,
): Promise<void> {
  const wflo = createWflo({ database, logger: false });
  await wflo.run({ name: "costly", budget: 1_000_000 }, async (run) => {
    const random = new Random(1);
    const ledger = { nanoUsd: 0n, abandonedNanoUsd: 0n };
    /** Spent since the checkpoint before the latest. */
    let since = 0n;
    let head: string | undefined;
    let saved = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const name = AGENTS[step % AGENTS.length] ?? "";
      const spent = await run.agent({ name, key: step }, () =>
        run.step("work", () => fillStep(database.ledger, random, { runId: run.id, checkpointId: head })),
      );
      ledger.nanoUsd += spent;
      since += spent;
      if ((step + 1) % CHECKPOINT_EVERY !== 0) continue;
      saved += 1;
      head = (await run.checkpoint(`after ${saved}`, { step, saved }))?.id;
      if (ROLLBACKS.includes(saved)) {
        head = (await run.rollback(`after ${saved - 1}`)).id;
        ledger.abandonedNanoUsd += since;
      }
      since = 0n;
    }
    const made = { calls: STEPS * CALLS_A_STEP, steps: STEPS * 2, checkpoints: saved };
    await look(run, wflo, { ...made, rollbacks: ROLLBACKS.length, ...ledger });
  });
}

/** The calls of one step: reserved one by one, settled together. Returns what they cost. */
async function fillStep(
  ledger: LedgerStore,
  random: Random,
  at: { readonly runId: string; readonly checkpointId: string | undefined },
): Promise<bigint> {
  const { step, agent, budgetIds } = currentRun() ?? { step: undefined, agent: undefined, budgetIds: [] };
  const calls = Array.from({ length: CALLS_A_STEP }, (_, at) => ({ callId: randomUUID(), at }));
  const reserve = async ({ callId, at: number }: { callId: string; at: number }): Promise<void> => {
    const isTool = number % 5 === 0;
    const model = random.pick(isTool ? TOOLS : MODELS);
    const verdict = await ledger.reserve({
      tenant: TENANT,
      callId,
      budgetIds,
      boundNanoUsd: HOLD,
      needNanoUsd: HOLD,
      targetNanoUsd: HOLD,
      share: 1,
      ttlMs: 600_000,
      label: { ...at, step, agent, provider: isTool ? "tool" : "bench", model },
    });
    if (verdict.code !== "granted") throw new Error(`reserve: ${verdict.code}`);
  };
  for (let from = 0; from < calls.length; from += AT_ONCE) {
    await Promise.all(calls.slice(from, from + AT_ONCE).map(reserve));
  }
  const settlements = calls.map(({ callId }) => ({
    callId,
    settlementId: randomUUID(),
    kind: "settle" as const,
    costNanoUsd: BigInt(random.between(1_000, 4_000_000)),
    receipt: receiptOf(random),
  }));
  await ledger.settle(TENANT, settlements);
  return settlements.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n);
}

/** Of the size that real ones have. */
function receiptOf(random: Random): Readonly<Record<string, unknown>> {
  const usage = { inputTokens: random.between(100, 4_000), outputTokens: random.between(10, 900) };
  return {
    rateCard: { id: "bench", source: "bench", asOf: "2026-11-22", matchedBy: "exact" },
    usage,
    latencyMs: random.between(100, 9_000),
    lines: [
      { meter: "input", count: usage.inputTokens, unitUsd: "0.000001", usd: "0.001" },
      { meter: "output", count: usage.outputTokens, unitUsd: "0.00001", usd: "0.001" },
    ],
  };
}
