import type { Usage } from "../pricing/usage/usage.ts";
import type { CallLabel, EntryKind } from "../ports/ledger-store.ts";
import type { WindowKind } from "../ports/window-state.ts";

/** What wflo tells while it works. Money is a decimal string in US dollars; never a prompt, an answer or a key. */
export interface WfloEvents {
  /** A hold was granted and the request is about to be sent. */
  readonly "call-start": CallStart;
  /** The call is over and its charge is on its way to the ledger. */
  readonly "call-end": CallEnd;
  /** A paid request went by the door, because it was told to: what it costs is not counted. */
  readonly "call-unmetered": {
    readonly provider: string;
    /** The endpoint or the model. */
    readonly what: string;
    readonly runId: string | undefined;
  };
  /**
   * A framework tells of calls of a model that nobody wrapped: they are held and counted by what it tells, for all their retries at
   * once, and an output cap cannot be written into them.
   */
  readonly "call-unwrapped": {
    readonly provider: string;
    readonly model: string;
    readonly runId: string | undefined;
  };
  /** A call waits for money that other calls hold. */
  readonly "call-waiting": CallLabel & { readonly callId: string; readonly budgetId: string };
  /**
   * A budget that nobody set was made from a default, by this process. Told once at most: not at all by a process that dies in that moment.
   * `caps` are decimal strings.
   */
  readonly "budget-created": {
    readonly budgetId: string;
    readonly match: string;
    readonly caps: Readonly<Partial<Record<WindowKind, string>>>;
  };
  /**
   * A charge took a window past one of its `warnAt` shares. Emitted once for each share of a window, by one process of all that share the
   * database; a process that dies between the charge and this event takes the event with it.
   */
  readonly "budget-warning": {
    readonly budgetId: string;
    readonly window: WindowKind;
    readonly share: number;
    readonly cap: string;
    readonly spent: string;
    /** When a day or month is over; undefined for `total`. */
    readonly resetsAt: Date | undefined;
  };
  /** A call was refused for want of money. */
  readonly "budget-exceeded": CallLabel & {
    readonly budgetId: string;
    readonly needed: string;
    readonly cap: string;
    readonly spent: string;
  };
  /** The store took a settle: final amounts. */
  readonly "call-settled": {
    readonly callId: string;
    readonly code: string;
    readonly charged: string;
    readonly overrun: string;
  };
  /** A state was saved. `runId` is undefined for one of a thread of its own. */
  readonly "checkpoint-saved": {
    readonly runId: string | undefined;
    readonly name: string;
    readonly checkpointId: string;
  };
  /** A resumed run has completed without coming past these saved steps: its code has changed. */
  readonly "steps-unused": { readonly runId: string; readonly steps: readonly string[] };
  readonly "step-saved": { readonly runId: string; readonly step: string };
  /** A saved step was found and its function was not run. */
  readonly "step-skipped": { readonly runId: string; readonly step: string };
  readonly "run-start": { readonly runId: string; readonly workflow: string; readonly epoch: number };
  readonly "run-end": { readonly runId: string; readonly workflow: string; readonly status: string };
  /** A newer list of prices is in use from now on. */
  readonly "prices-updated": { readonly source: string; readonly date: string };
  /** A failure that wflo handled by itself, such as a settle that must be sent again. */
  readonly trouble: { readonly what: string; readonly error: unknown };
}

/** A call that is about to be sent. */
export interface CallStart extends CallLabel {
  readonly callId: string;
  /** All that it is held on, those above the named ones included. */
  readonly budgetIds: readonly string[];
  readonly bound: string;
  readonly held: string;
  /** The output cap written into the request because money is short. */
  readonly appliedMaxOutputTokens?: number | undefined;
  readonly waitedMs: number;
}

/** A call that is over, as far as its process knows. */
export interface CallEnd extends CallLabel {
  readonly callId: string;
  /** All that are charged, those above the named ones included. */
  readonly budgetIds: readonly string[];
  readonly kind: EntryKind;
  readonly costKind: "known" | "lowerBound" | "unknown";
  readonly cost: string;
  readonly held: string;
  readonly usage?: Usage | undefined;
  readonly latencyMs: number;
  readonly reason?: string | undefined;
}

/** The names of all events. */
export type WfloEventName = keyof WfloEvents;
