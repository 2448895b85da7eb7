import { buildDoor } from "./build-door.ts";
import { createBudgets, type Budgets } from "./budget/budgets.ts";
import { createCalls, type Calls } from "./budget/calls.ts";
import { checkOptions } from "./budget/check-options.ts";
import { checkName } from "./budget/check-name.ts";
import { CheckpointEngine } from "./checkpoint/checkpoint-engine.ts";
import { ClientClosedError } from "./errors/client-closed-error.ts";
import { createDoor, type Door } from "./guard/door.ts";
import { systemClock } from "./host/system-clock.ts";
import { uuidV7Ids } from "./host/uuid-v7-ids.ts";
import type { DoorSettings } from "./guard/door-settings.ts";
import { openDatabase } from "./open-database.ts";
import { pricingOf, type Pricing } from "./pricing/pricing.ts";
import { createCatalogue } from "./pricing/rates/catalogue.ts";
import { readPriceOptions } from "./pricing/rates/price-options.ts";
import { startUpdates } from "./start-updates.ts";
import { drainInTime } from "./run/drain-in-time.ts";
import type { RunServices } from "./run/run-services.ts";
import { createCheckpoints, type Checkpoints } from "./run/checkpoints.ts";
import { TrackedRuns } from "./run/tracked-runs.ts";
import { pauseUnfinished } from "./run/pause-unfinished.ts";
import type { Run } from "./run/run.ts";
import { createRuns, type Runs } from "./run/runs.ts";
import {
  createWorkflow,
  runAdhoc,
  type AdhocOptions,
  type Workflow,
  type WorkflowOptions,
} from "./run/workflow.ts";
import { Emitter, type Listener } from "./telemetry/emitter.ts";
import type { WfloEventName } from "./telemetry/events.ts";
import { consoleLogger, guardedLogger, silentLogger } from "./telemetry/log.ts";
import type { WorkflowFunction, WorkflowTarget } from "./run/workflow-target.ts";
import { callTool } from "./wrappers/tool-call.ts";
import { WFLO_OPTIONS, type WfloOptions } from "./wflo-options.ts";

const FLUSH_MS = 10_000;

/** A client: budgets, runs, and the door to paid requests. */
export interface Wflo extends Door {
  readonly tenant: string;
  readonly budgets: Budgets;
  readonly runs: Runs;
  readonly calls: Calls;
  readonly checkpoints: Checkpoints;
  readonly pricing: Pricing;
  /**
   * Names a function (or an object with `kickoff`, `invoke` or `generate`, or one that an imported wflo package knows), so that any process can
   * resume its runs.
   */
  workflow<Input, T>(
    name: string,
    target: WorkflowFunction<Input, T>,
    options?: WorkflowOptions,
  ): Workflow<Input, T>;
  workflow<Input, T>(
    name: string,
    target: WorkflowTarget<Input, T>,
    options?: WorkflowOptions,
  ): Workflow<Input, T>;
  /** Runs a function once, under a budget and with its costs together: a workflow without a name to come back to. */
  run<T>(options: AdhocOptions, fn: (run: Run<undefined>) => T | Promise<T>): Promise<T>;
  /** Listens to an event; returns the function that stops it. Throws `InvalidOptionError` for an event that there is not. */
  on<Name extends WfloEventName>(name: Name, listener: Listener<Name>): () => void;
  /** Resolves when the ledger has every charge of this process. Throws `StoreUnavailableError` after `timeoutMs` (10,000). */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Lets no further call start, waits for open calls and for runs to come to an end (cut and aborted after `drainMs`; a run that
   * wanted more is paused), flushes, and gives connections and locks back.
   */
  close(): Promise<void>;
}

/** Makes a client. Throws `InvalidOptionError` and `InvalidAmountError` for options that cannot mean anything. */
export function createWflo(options: WfloOptions = {}): Wflo {
  checkOptions("The options of createWflo", options, WFLO_OPTIONS);
  const tenant = options.tenant ?? "default";
  checkName("A tenant", tenant);
  const clock = options.clock ?? systemClock;
  const ids = options.ids ?? uuidV7Ids(clock);
  const log = guardedLogger(options.logger === false ? silentLogger : (options.logger ?? consoleLogger));
  const emitter = new Emitter((error) => log.error("wflo: a listener threw.", { error }));
  const onTrouble = (error: unknown) => {
    log.warn(`wflo: the database could not be reached; it is tried again. ${String(error)}`);
    emitter.emit("trouble", { what: "database", error });
  };
  const means = { tenant, clock, ids, emitter, onTrouble };
  const { database, flushLeases } = openDatabase(options, means);
  const { table, trustReported, update } = readPriceOptions(options.prices);
  const catalogue = createCatalogue(table, trustReported);
  const settings = buildDoor(options, { ...means, database, log, catalogue });
  const updates = update && startUpdates({ update, catalogue, clock, log, emitter });
  const { line, outbox, streams, drainMs } = settings;
  const door = createDoor(settings);
  const client = {} as Wflo;
  const running = new TrackedRuns();
  const services: RunServices = {
    closed: line.closed,
    running,
    drainMs,
    tenant,
    database,
    outbox,
    emitter,
    clock,
    ids,
    log,
    client,
    engine: new CheckpointEngine({ tenant, store: database.checkpoints, ids, clock }),
    callTool: (name, fn, toolOptions) => callTool(door, name, fn, toolOptions),
  };
  return Object.assign(client, {
    ...door,
    tenant,
    budgets: createBudgets({ tenant, ledger: database.ledger, emitter, outbox }, async (id) => {
      line.wake([id]);
      await streams.look();
    }),
    runs: createRuns(services),
    calls: createCalls({ tenant, ledger: database.ledger, outbox, ids, catalogue }, (budgetIds) =>
      line.wake(budgetIds),
    ),
    checkpoints: createCheckpoints(services),
    pricing: pricingOf(catalogue, () => clock.now(), updates),
    workflow: <Input, T>(name: string, target: WorkflowTarget<Input, T>, defaults?: WorkflowOptions) =>
      createWorkflow(services, name, target, defaults),
    run: <T>(options: AdhocOptions, fn: WorkflowFunction<undefined, T>) => runAdhoc(services, options, fn),
    on: (name, listener) => emitter.on(name, listener),
    async flush({ timeoutMs = FLUSH_MS } = {}) {
      await outbox.flush(timeoutMs);
      if (flushLeases !== undefined) await outbox.until([flushLeases()], timeoutMs);
    },
    close: () => {
      updates?.close();
      return close(settings, services);
    },
  } satisfies Wflo);
}

/** See `Wflo.close`. */
async function close(door: DoorSettings, services: RunServices): Promise<void> {
  const { line, calls, outbox, streams, holds, clock, drainMs } = door;
  const { running, database } = services;
  const reason = new ClientClosedError();
  line.close(reason);
  const drain = async () => void (await Promise.all([calls.drain(), running.drain()]));
  const cut = () => {
    calls.cut();
    running.abort(reason);
  };
  await drainInTime({ drain, cut }, clock, drainMs);
  try {
    await outbox.empty(FLUSH_MS);
  } finally {
    await pauseUnfinished(services, reason);
    outbox.close();
    streams.close();
    holds.close();
    await database.close();
  }
}
