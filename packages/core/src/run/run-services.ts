import type { CheckpointEngine } from "../checkpoint/checkpoint-engine.ts";
import type { SettleOutbox } from "../budget/settle-outbox.ts";
import type { MoneyInput } from "../money/money.ts";
import type { Clock } from "../ports/clock.ts";
import type { Database } from "../ports/database.ts";
import type { Ids } from "../ports/ids.ts";
import type { Emitter } from "../telemetry/emitter.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TrackedRuns } from "./tracked-runs.ts";

/** What runs of one client work with; made once by `createWflo`. */
export interface RunServices {
  readonly tenant: string;
  readonly database: Database;
  readonly outbox: SettleOutbox;
  readonly emitter: Emitter;
  readonly clock: Clock;
  /** What open calls get at the end of a run before their wires are cut; those in steps of a refused run get longer. Milliseconds. */
  readonly drainMs: number;
  readonly engine: CheckpointEngine;
  /** A call of a tool through the door. `price`: what a call costs; without, it is counted and timed. */
  readonly callTool: <T>(name: string, fn: ToolFunction<T>, options: ToolOptions) => Promise<T>;
  /** Aborts with `ClientClosedError` when the client is closed. */
  readonly closed: AbortSignal;
  /** The runs that are executed now. */
  readonly running: TrackedRuns;
  readonly ids: Ids;
  readonly log: Required<Logger>;
  /** The client itself, as adapters below find it. */
  readonly client: object;
}

/** The function of a tool; the signal aborts when its run ends early. */
export type ToolFunction<T> = (context: { readonly signal: AbortSignal }) => T | Promise<T>;

/** What calling a tool costs. */
export interface ToolOptions {
  /** In US dollars, for each call that does not fail. Held before the call. */
  readonly price?: MoneyInput | undefined;
}
