import type { BudgetState, BudgetWarning, CostGroup, Entry, ReserveVerdict, StepRow } from "@wflo/core";
import type { DatabaseHarness } from "../suites/database-case.ts";
import { checkpointFacts, playPut } from "./play-checkpoint.ts";
import type { WalkMove } from "./walk-move.ts";
import { walkBudgets, walkScene } from "./walk-planner.ts";

const { tenant, runId } = walkScene;

/** Does one move; returns what two sound stores must agree on. */
export async function playMove(harness: DatabaseHarness, move: WalkMove): Promise<unknown> {
  const { ledger, runs } = harness.database;
  switch (move.does) {
    case "setBudget":
      return budgetFacts(await ledger.setBudget(tenant, move.budget));
    case "raiseCap": {
      const raised = await ledger.raiseCap(tenant, move.budgetId, move.window, move.toNanoUsd);
      return raised && budgetFacts(raised);
    }
    case "setPaused":
      return ledger.setPaused(tenant, move.budgetId, move.paused);
    case "setDefault":
      return ledger.setDefault(tenant, move.definition);
    case "removeDefault":
      return ledger.removeDefault(tenant, move.prefix);
    case "createFromDefault": {
      const made = await ledger.createFromDefault(tenant, move.budgetId);
      return made && [made.madeFrom, budgetFacts(made.budget)];
    }
    case "reserve":
      return reserveFacts(await ledger.reserve(move.request));
    case "settle":
      return ledger.settle(tenant, move.settlements);
    case "correct": {
      const { callId, correctionId, costNanoUsd } = move;
      return ledger.correct(tenant, { callId, correctionId, costNanoUsd, receipt: {} });
    }
    case "renew":
      return ledger.renew(tenant, move.callIds, move.ttlMs);
    case "expire": {
      const told: BudgetWarning[] = [];
      const tell = (warnings: readonly BudgetWarning[]) => void told.push(...warnings);
      return [await ledger.expire(10_000, { tenant, tell }), told];
    }
    case "claim": {
      const verdict = await runs.claim(tenant, move.runId, { takeOver: true });
      return [verdict.code, verdict.code === "claimed" ? verdict.warnings : undefined];
    }
    case "commitStep":
      return harness.database.commitStep(move.commit);
    case "put":
      return playPut(harness.database, tenant, move);
    case "deleteThread":
      return harness.database.checkpoints.deleteThread(tenant, move.thread);
    case "setNow":
      return harness.setNow(move.at);
  }
}

/** What a walk compares after every move. */
export async function moneyFacts({ database }: DatabaseHarness): Promise<unknown> {
  const budgets = await database.ledger.getBudgets(tenant, walkBudgets);
  return budgets.map(budgetFacts).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** What a walk compares now and then, because it grows: entries in no order, steps, costs, and checkpoints. */
export async function historyFacts(harness: DatabaseHarness): Promise<unknown> {
  const { database } = harness;
  const entries = await database.ledger.listEntries(tenant, { limit: 10_000 });
  const steps = await database.runs.steps(tenant, runId);
  const costs = await database.ledger.costs(tenant, runId);
  return {
    entries: entries.map(entryFacts).toSorted(),
    steps: steps.map(stepFacts).toSorted(),
    costs: costs.map(costFacts).toSorted(),
    defaults: await database.ledger.listDefaults(tenant, { limit: 100 }),
    checkpoints: await checkpointFacts(harness, tenant),
  };
}

function budgetFacts({ id, caps, onExpiry, warnAt, paused, windows }: BudgetState) {
  const shown = windows.toSorted((a, b) => (a.window < b.window ? -1 : 1));
  return { id, caps, onExpiry, warnAt, paused, windows: shown };
}

/**
 * Which of two full windows or missing budgets is named is left to the store; how much money is left is not.
 */
function reserveFacts(verdict: ReserveVerdict): unknown {
  switch (verdict.code) {
    case "granted":
    case "replay":
      return [verdict.code, verdict.amountNanoUsd];
    case "conflict":
      return [verdict.code, verdict.field];
    case "exhausted":
      return [verdict.code, verdict.window.capNanoUsd - verdict.window.spentNanoUsd];
    default:
      return [verdict.code];
  }
}

function stepFacts({ path, checkpointId, epoch, result, tookMs }: StepRow): string {
  return `${path} ${checkpointId} ${epoch} ${result} ${tookMs}`;
}

/** In no order, because that of ids that the store makes is its own. */
function costFacts({ label, calls, chargedNanoUsd, failures, inexact }: CostGroup): string {
  return `${label.checkpointId} ${calls} ${chargedNanoUsd} ${failures} ${inexact}`;
}

/** Ids that the store makes up differ, and so does what it calls held on entries after the first. */
function entryFacts({ callId, kind, budgetIds, chargedNanoUsd, inDoubt }: Entry): string {
  return `${callId} ${kind} ${budgetIds.toSorted().join(",")} ${chargedNanoUsd} ${inDoubt}`;
}
