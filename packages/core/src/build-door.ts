import { reserveMakingBudgets } from "./budget/make-budget.ts";
import { SeenParents } from "./budget/seen-parents.ts";
import { SettleOutbox } from "./budget/settle-outbox.ts";
import { InvalidOptionError } from "./errors/invalid-option-error.ts";
import { BudgetLine } from "./guard/budget-line.ts";
import type { DoorSettings } from "./guard/door-settings.ts";
import { OpenHolds } from "./guard/open-holds.ts";
import { settleMode } from "./guard/settle-mode.ts";
import { StreamWatch } from "./guard/stream-watch.ts";
import { Unsettled } from "./guard/unsettled.ts";
import { decimalUsd } from "./money/money.ts";
import type { Settlement, SettleVerdict } from "./ports/ledger-store.ts";
import type { Catalogue } from "./pricing/rates/catalogue.ts";
import type { RunServices } from "./run/run-services.ts";
import { TrackedCalls } from "./run/tracked-calls.ts";
import type { Emitter } from "./telemetry/emitter.ts";
import type { Logger } from "./telemetry/log.ts";
import type { WfloOptions } from "./wflo-options.ts";

/** Puts together what the door of one client works with. Throws `InvalidOptionError` for options that cannot mean anything. */
export function buildDoor(
  options: WfloOptions,
  host: Pick<RunServices, "tenant" | "database" | "clock" | "ids" | "emitter" | "log"> & {
    readonly catalogue: Catalogue;
    readonly onTrouble: (error: unknown) => void;
  },
): DoorSettings {
  const { tenant, database, clock, ids, emitter, log, catalogue, onTrouble } = host;
  const { ledger } = database;
  const holds = new OpenHolds({ tenant, ledger, clock, onTrouble });
  const reserve = reserveMakingBudgets({ tenant, ledger, emitter });
  const line = new BudgetLine({ tenant, ledger, reserve, clock, holds, onTrouble });
  const onSettled = (verdict: SettleVerdict, settlement: Settlement, budgetIds: readonly string[]) => {
    line.wake(budgetIds);
    reportSettle(emitter, log, verdict, settlement);
  };
  return {
    tenant,
    catalogue,
    clock,
    ids,
    emitter,
    log,
    ledger,
    line,
    holds,
    parents: new SeenParents(),
    outbox: new SettleOutbox({ tenant, ledger, clock, onSettled, onTrouble }),
    unsettled: new Unsettled(),
    streams: new StreamWatch({ tenant, ledger, clock, onTrouble }),
    calls: new TrackedCalls(),
    settle: options.settle ?? settleMode(options.waitUntil !== undefined),
    waitMs: milliseconds("waitMs", options.waitMs ?? 30_000),
    drainMs: milliseconds("drainMs", options.drainMs ?? 15_000),
    countTokens: options.countTokens,
    onUnknownPrice: options.onUnknownPrice ?? "refuse",
    onMissingUsage: options.onMissingUsage ?? "refuse",
    waitUntil: options.waitUntil,
    crashPoint: options.crashPoint ?? (() => {}),
  };
}

function reportSettle(
  emitter: Emitter,
  log: Required<Logger>,
  verdict: SettleVerdict,
  { kind }: Settlement,
): void {
  // Giving back a hold that the database never took is no loss.
  if (verdict.code === "conflict" || (verdict.code === "unknown" && kind !== "void")) {
    log.error(`wflo: the settle of call ${verdict.callId} was not taken: ${verdict.code}.`);
  }
  emitter.emit("call-settled", {
    callId: verdict.callId,
    code: verdict.code,
    charged: decimalUsd(verdict.chargedNanoUsd),
    overrun: decimalUsd(verdict.overrunNanoUsd),
  });
}

function milliseconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidOptionError(`${name} is a number of milliseconds, not ${value}.`);
}
