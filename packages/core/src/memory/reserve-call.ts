import { hasParents } from "../budget/budgets-with-parents.ts";
import { grantOf } from "../budget/hold.ts";
import { lastToReset } from "../budget/last-to-reset.ts";
import type { ReserveRequest, ReserveVerdict } from "../ports/ledger-store.ts";
import { parentsAbove } from "./budget-parents.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { MemoryHold } from "./memory-call.ts";
import type { MemoryTenant } from "./memory-tenant.ts";
import type { MemoryWindow } from "./memory-window.ts";

/**
 * One reserve: identity first, then epoch, missing budgets and parents, pauses, and money last. See
 * `LedgerStore.reserve`.
 */
export function reserveCall(tenant: MemoryTenant, request: ReserveRequest, nowMs: number): ReserveVerdict {
  const open = tenant.holds.get(request.callId);
  if (open !== undefined) return replayOf(open, request);
  if (tenant.calls.has(request.callId)) return { code: "closed" };
  if (isSuperseded(tenant, request)) return { code: "superseded" };

  const budgets: MemoryBudget[] = [];
  for (const budgetId of request.budgetIds) {
    const budget = tenant.budgets.get(budgetId);
    if (budget === undefined) return { code: "missing", budgetId };
    budgets.push(budget);
  }
  if (!hasParents(budgets, request)) return { code: "incomplete", parents: parentsAbove(tenant, request) };
  const windows: MemoryWindow[] = [];
  for (const budget of budgets) {
    if (budget.paused) return { code: "paused", budgetId: budget.id };
    for (const window of budget.openWindows(nowMs)) windows.push(window);
  }
  const replaced = request.replaces === undefined ? undefined : tenant.holds.get(request.replaces);
  const granted = grantOver(windows, request, replaced);
  if (typeof granted !== "bigint") return granted;

  if (replaced !== undefined) dropHold(tenant, replaced);
  for (const window of windows) window.reservedNanoUsd += granted;
  tenant.holds.set(request.callId, {
    callId: request.callId,
    budgetIds: [...request.budgetIds],
    windows,
    boundNanoUsd: request.boundNanoUsd,
    amountNanoUsd: granted,
    chargeOnExpiry: budgets.length === 0 || budgets.some((budget) => budget.onExpiry === "charge"),
    epoch: request.epoch,
    label: { ...request.label },
    expiresAtMs: nowMs + request.ttlMs,
  });
  return { code: "granted", amountNanoUsd: granted, windows: windows.map((window) => window.state()) };
}

function replayOf(open: MemoryHold, request: ReserveRequest): ReserveVerdict {
  const sameBudgets =
    open.budgetIds.length === request.budgetIds.length &&
    request.budgetIds.every((budgetId) => open.budgetIds.includes(budgetId));
  if (!sameBudgets) return { code: "conflict", field: "budgets" };
  if (open.boundNanoUsd !== request.boundNanoUsd) return { code: "conflict", field: "amount" };
  return { code: "replay", amountNanoUsd: open.amountNanoUsd };
}

function isSuperseded(tenant: MemoryTenant, { label, epoch }: ReserveRequest): boolean {
  if (label.runId === undefined || epoch === undefined) return false;
  const run = tenant.runs.get(label.runId);
  return run !== undefined && epoch < run.epoch;
}

/** The granted amount, or the refusal with the window that stands in the way longest, or most. */
function grantOver(
  windows: readonly MemoryWindow[],
  request: ReserveRequest,
  replaced: MemoryHold | undefined,
): bigint | ReserveVerdict {
  const free: bigint[] = [];
  let leastFree: { readonly window: MemoryWindow; readonly amount: bigint } | undefined;
  for (const window of windows) {
    let amount = window.capNanoUsd - window.spentNanoUsd - window.reservedNanoUsd;
    if (replaced?.windows.includes(window)) amount += replaced.amountNanoUsd;
    free.push(amount);
    if (leastFree === undefined || amount < leastFree.amount) leastFree = { window, amount };
  }
  const granted = grantOf(request, free);
  if (granted !== undefined || leastFree === undefined) return granted ?? request.boundNanoUsd;
  const spent = lastToReset(windows.filter((window) => isSpent(window, request)));
  if (spent !== undefined) return { code: "exhausted", window: spent.state() };
  return { code: "held", window: leastFree.window.state() };
}

/** Whether no waiting will help. */
function isSpent({ capNanoUsd, spentNanoUsd }: MemoryWindow, request: ReserveRequest): boolean {
  const { needNanoUsd, boundNanoUsd } = request;
  return (needNanoUsd < boundNanoUsd ? needNanoUsd : boundNanoUsd) > capNanoUsd - spentNanoUsd;
}

function dropHold(tenant: MemoryTenant, hold: MemoryHold): void {
  for (const window of hold.windows) window.reservedNanoUsd -= hold.amountNanoUsd;
  tenant.holds.delete(hold.callId);
}
