import type { SettleOutbox } from "../budget/settle-outbox.ts";
import type { Clock } from "../ports/clock.ts";
import type { Database } from "../ports/database.ts";
import type { Emitter } from "../telemetry/emitter.ts";
import type { RunContext } from "./run-context.ts";
import type { RunHistory } from "./run-history.ts";
import type { RunScope } from "./run-scope.ts";

/** What the steps of one execution of a run share. */
export interface OpenRun {
  readonly scope: RunScope;
  readonly tenant: string;
  readonly database: Database;
  readonly outbox: SettleOutbox;
  readonly emitter: Emitter;
  readonly clock: Clock;
  /** Where the run's function runs: between steps. */
  readonly context: RunContext;
  readonly history: RunHistory;
}
