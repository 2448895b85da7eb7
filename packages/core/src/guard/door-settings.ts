import type { SeenParents } from "../budget/seen-parents.ts";
import type { SettleOutbox } from "../budget/settle-outbox.ts";
import type { Unsettled } from "./unsettled.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Catalogue } from "../pricing/rates/catalogue.ts";
import type { TrackedCalls } from "../run/tracked-calls.ts";
import type { Emitter } from "../telemetry/emitter.ts";
import type { Logger } from "../telemetry/log.ts";
import type { BudgetLine } from "./budget-line.ts";
import type { OpenHolds } from "./open-holds.ts";
import type { StreamWatch } from "./stream-watch.ts";

/** What the door works with; made once a client by `createWflo`. */
export interface DoorSettings {
  readonly tenant: string;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly emitter: Emitter;
  readonly log: Required<Logger>;
  readonly ledger: LedgerStore;
  readonly line: BudgetLine;
  readonly holds: OpenHolds;
  readonly parents: SeenParents;
  readonly outbox: SettleOutbox;
  readonly unsettled: Unsettled;
  readonly streams: StreamWatch;
  /** All calls of the client that are open. */
  readonly calls: TrackedCalls;
  readonly waitMs: number;
  /** How long an answer that nobody wants any more is read on. Milliseconds. */
  readonly drainMs: number;
  /** See `WfloOptions`. */
  readonly countTokens: CountTokens | undefined;
  readonly onUnknownPrice: "refuse" | "allow";
  readonly onMissingUsage: "refuse" | "allow";
  /** `await`: a call is over when the ledger has it. `background`: it is on its way. */
  readonly settle: "await" | "background";
  /** Keeps a host that freezes between requests awake until a promise is done. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  /** Crash tests stop the process here. */
  readonly crashPoint: (name: CrashPoint) => void;
}

/** Where a process may die, as far as money is concerned. */
export type CrashPoint = "before-reserve" | "after-reserve" | "after-answer" | "before-settle";

/** Counts the tokens of a text as a model does. */
export type CountTokens = (
  text: string,
  call: { readonly provider: string; readonly model: string },
) => number;
