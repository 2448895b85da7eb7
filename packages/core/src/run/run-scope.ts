import type { CheckpointInfo } from "../checkpoint/checkpoint.ts";
import { RunSupersededError } from "../errors/run-superseded-error.ts";
import type { RunRow } from "../ports/run-store.ts";
import type { RunContext } from "./run-context.ts";
import { isWithin, TrackedCalls, type TrackedCall, type Where } from "./tracked-calls.ts";

/** Saves states of a run; see `run-history.ts`. */
export interface CheckpointSink {
  save(
    name: string,
    state: unknown,
    step: string | undefined,
    options?: { readonly strict?: boolean | undefined },
  ): Promise<CheckpointInfo | undefined>;
}

/** One execution of a run in this process: its identity, its open calls, its end. */
export class RunScope {
  readonly runId: string;
  readonly workflow: string;
  readonly epoch: number;
  readonly traceId: string;
  /** The wflo client that executes the run; adapters below find it here. */
  readonly client: object;
  /** The id of the run's latest checkpoint: calls and steps carry it, so that a rollback knows what it leaves behind. */
  head: string | undefined;
  /** Where states of the run are saved, once it has begun. */
  history: CheckpointSink | undefined;
  /** True once its end is being written. */
  isEnding = false;
  /** Where it was started: inside another run, or outside of any. */
  outer: RunContext | undefined;
  readonly #abort = new AbortController();
  readonly #calls = new TrackedCalls();
  readonly #steps = new Set<Promise<void>>();
  readonly #settling = new Set<Promise<void>>();
  readonly #callIds = new Map<string, string[]>();
  readonly #closed = new AbortController();
  #closing: unknown;

  constructor(row: Pick<RunRow, "id" | "workflow" | "epoch" | "traceId">, client: object) {
    this.runId = row.id;
    this.workflow = row.workflow;
    this.epoch = row.epoch;
    this.traceId = row.traceId;
    this.client = client;
  }

  /** Aborts when the run is superseded or its caller aborts. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborts when no further call may start. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Why no further call may start, once the run is pausing or over. */
  get closing(): unknown {
    return this.#closing;
  }

  track(call: TrackedCall, step: string | undefined): void {
    this.#calls.add(call, step);
    void call.closed.then(() => {
      this.#settling.add(call.settled);
      void call.settled.then(() => this.#settling.delete(call.settled));
    });
    if (step === undefined) return;
    const callIds = this.#callIds.get(step);
    if (callIds) callIds.push(call.callId);
    else this.#callIds.set(step, [call.callId]);
  }

  /** Of calls that are closed: each resolves when the ledger has the settlement. */
  get settling(): readonly Promise<void>[] {
    return [...this.#settling];
  }

  /** Ids of the calls made in a step and in the steps inside it, so far unsaved ones; they are forgotten by asking. */
  takeCallIds(step: string): string[] {
    const taken: string[] = [];
    for (const [at, callIds] of this.#callIds) {
      if (!isWithin(at, step)) continue;
      taken.push(...callIds);
      this.#callIds.delete(at);
    }
    return taken;
  }

  /** A step is running; the end of the run waits until it is saved or has failed. */
  trackStep(work: Promise<unknown>): void {
    const done = work.then(
      () => {},
      () => {},
    );
    this.#steps.add(done);
    void done.then(() => this.#steps.delete(done));
  }

  /** Resolves when these open calls are closed; without a choice, all calls and all running steps. */
  async drain(where?: Where): Promise<void> {
    await this.#calls.drain(where);
    if (where === undefined) await Promise.all(this.#steps);
  }

  /** Cuts the wires of the same calls. */
  cut(where?: Where): void {
    this.#calls.cut(where);
  }

  /** Lets no further call start, nor any that still waits for money. */
  close(reason: unknown): void {
    if (this.#closed.signal.aborted) return;
    this.#closing = reason ?? new Error("The run ended without a reason.");
    this.#closed.abort(this.#closing);
  }

  abort(reason: unknown): void {
    this.close(reason);
    this.#abort.abort(reason);
  }

  supersede(): RunSupersededError {
    const error = new RunSupersededError(this.runId);
    this.abort(error);
    return error;
  }
}
