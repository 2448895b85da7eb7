import { createBudgets, type Budgets } from "./budget/budgets.ts";
import { checkName } from "./budget/check-name.ts";
import { createCalls, type Calls } from "./budget/calls.ts";
import { SettleOutbox } from "./budget/settle-outbox.ts";
import { warnAt } from "./budget/warn-at.ts";
import { ClientClosedError } from "./errors/client-closed-error.ts";
import { InvalidOptionError } from "./errors/invalid-option-error.ts";
import { BudgetLine } from "./guard/budget-line.ts";
import type { CrashPoint } from "./guard/door-settings.ts";
import { createDoor, type Door } from "./guard/door.ts";
import { OpenHolds } from "./guard/open-holds.ts";
import { settleMode } from "./guard/settle-mode.ts";
import { memoryDatabase } from "./memory/memory-database.ts";
import { decimalUsd } from "./money/money.ts";
import type { Clock } from "./ports/clock.ts";
import type { Database } from "./ports/database.ts";
import type { Ids } from "./ports/ids.ts";
import type { SettleVerdict } from "./ports/ledger-store.ts";
import { createCatalogue, type PriceTable } from "./pricing/catalogue.ts";
import { createPricing, type Pricing } from "./pricing/pricing.ts";
import type { RunServices } from "./run/run-services.ts";
import { drainInTime } from "./run/drain-in-time.ts";
import { createRuns, type Runs } from "./run/runs.ts";
import {
  createWorkflow,
  type RunOptions,
  type Workflow,
  type WorkflowFunction,
  type WorkflowOptions,
} from "./run/workflow.ts";
import type { Run } from "./run/run.ts";
import { TrackedCalls } from "./run/tracked-calls.ts";
import { systemClock } from "./host/system-clock.ts";
import { Emitter, type Listener } from "./telemetry/emitter.ts";
import type { WfloEventName } from "./telemetry/events.ts";
import { consoleLogger, guardedLogger, silentLogger, type Logger } from "./telemetry/log.ts";
import { uuidV7Ids } from "./host/uuid-v7-ids.ts";

/** How a client works. Everything has a default. */
export interface WfloOptions {
  /** Where money, runs and steps are kept: `postgres()`, `pglite(".wflo")`. Default: in the memory of this process. */
  readonly database?: Database | undefined;
  /** Keeps customers of one database apart. Default "default". */
  readonly tenant?: string | undefined;
  /** Prices and aliases that win over the catalogue, by "provider/model", in dollars per million tokens. */
  readonly prices?: PriceTable | undefined;
  /** A call under a budget whose price is unknown: refused (the default), or made and charged at nothing. */
  readonly onUnknownPrice?: "refuse" | "allow" | undefined;
  /** After an answer without usage, further calls to that model under a budget: refused (the default), or charged at their hold. */
  readonly onMissingUsage?: "refuse" | "allow" | undefined;
  /** Where warnings go. Default: the console. `false`: nowhere. */
  readonly logger?: Logger | false | undefined;
  /** How long a call waits for money that other calls hold. Milliseconds, default 30,000. */
  readonly waitMs?: number | undefined;
  /** How long an answer that nobody wants any more is read on for its exact cost. Milliseconds, default 15,000. */
  readonly drainMs?: number | undefined;
  /** Whether a call waits until the ledger has its charge. Default: only on hosts that may freeze the process. */
  readonly settle?: "await" | "background" | undefined;
  /** The host's own way to finish work after its answer, such as `ctx.waitUntil`. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** For tests: time, ids, and where to stop the process. */
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  readonly crashPoint?: ((name: CrashPoint) => void) | undefined;
}

/** A client: budgets, runs, and the door to paid requests. */
export interface Wflo extends Door {
  readonly tenant: string;
  readonly budgets: Budgets;
  readonly runs: Runs;
  readonly calls: Calls;
  readonly pricing: Pricing;
  /** Names a function, so that any process can resume its runs. */
  workflow<Input, T>(
    name: string,
    fn: WorkflowFunction<Input, T>,
    options?: WorkflowOptions,
  ): Workflow<Input, T>;
  /** Runs a function once, under a budget and with its costs together: a workflow without a name to come back to. */
  run<T>(
    options: RunOptions & { readonly name?: string },
    fn: (run: Run<undefined>) => T | Promise<T>,
  ): Promise<T>;
  /** Listens to an event; returns the function that stops it. */
  on<Name extends WfloEventName>(name: Name, listener: Listener<Name>): () => void;
  /** Resolves when the ledger has every charge of this process. Throws `StoreUnavailableError` after `timeoutMs` (10,000). */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Lets no further call start, waits for open ones (cut after `drainMs`), flushes, and gives connections and locks back.
   */
  close(): Promise<void>;
}

/** Makes a client. Throws `InvalidOptionError` and `InvalidAmountError` for options that cannot mean anything. */
export function createWflo(options: WfloOptions = {}): Wflo {
  const tenant = options.tenant ?? "default";
  checkName("A tenant", tenant);
  const database = options.database ?? memoryDatabase();
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? uuidV7Ids(clock);
  const log = guardedLogger(options.logger === false ? silentLogger : (options.logger ?? consoleLogger));
  const emitter = new Emitter((error) => log.error("wflo: a listener threw.", { error }));
  const catalogue = createCatalogue(options.prices);
  const { ledger } = database;
  const onTrouble = (error: unknown) => {
    log.warn(`wflo: the database could not be reached; it is tried again. ${String(error)}`);
    emitter.emit("trouble", { what: "database", error });
  };
  const holds = new OpenHolds({ tenant, ledger, clock, onTrouble });
  const line = new BudgetLine({ tenant, ledger, clock, holds, onTrouble });
  const warn = warnAt(tenant, ledger, emitter);
  const onSettled = (verdict: SettleVerdict, budgetIds: readonly string[]) => {
    line.wake(budgetIds);
    reportSettle(emitter, log, verdict);
    warn(budgetIds).catch(onTrouble);
  };
  const outbox = new SettleOutbox({ tenant, ledger, clock, onSettled, onTrouble });
  const calls = new TrackedCalls();
  const drainMs = milliseconds("drainMs", options.drainMs ?? 15_000);
  const settle = options.settle ?? settleMode(options.waitUntil !== undefined);
  const door = createDoor({
    tenant,
    catalogue,
    clock,
    ids,
    emitter,
    log,
    line,
    holds,
    outbox,
    calls,
    settle,
    waitMs: milliseconds("waitMs", options.waitMs ?? 30_000),
    drainMs,
    onUnknownPrice: options.onUnknownPrice ?? "refuse",
    onMissingUsage: options.onMissingUsage ?? "refuse",
    waitUntil: options.waitUntil,
    crashPoint: options.crashPoint ?? (() => {}),
  });
  const client = {} as Wflo;
  const services: RunServices = { tenant, database, outbox, emitter, clock, ids, log, client };
  return Object.assign(client, {
    ...door,
    tenant,
    budgets: createBudgets(tenant, ledger, (id) => line.wake([id])),
    runs: createRuns(services),
    calls: createCalls({ tenant, ledger, outbox, ids }, (budgetIds) => line.wake(budgetIds)),
    pricing: createPricing(options.prices),
    workflow: (name, fn, defaults) => createWorkflow(services, name, fn, defaults),
    run: <T>(
      { name = "run", ...rest }: RunOptions & { readonly name?: string },
      fn: WorkflowFunction<undefined, T>,
    ) => createWorkflow<undefined, T>(services, name, fn).run(undefined, rest),
    on: (name, listener) => emitter.on(name, listener),
    flush: ({ timeoutMs = 10_000 } = {}) => outbox.flush(timeoutMs),
    async close() {
      line.close(new ClientClosedError());
      await drainInTime(calls, clock, drainMs);
      try {
        await outbox.flush(10_000);
      } finally {
        await database.close();
      }
    },
  } satisfies Wflo);
}

function reportSettle(emitter: Emitter, log: Required<Logger>, verdict: SettleVerdict): void {
  if (verdict.code === "conflict" || verdict.code === "unknown") {
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
  if (!Number.isFinite(value) || value < 0)
    throw new InvalidOptionError(`${name} is a number of milliseconds, not ${value}.`);
  return value;
}
