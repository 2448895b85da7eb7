import { inTime } from "../budget/in-time.ts";
import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import { StoreUnavailableError } from "../errors/store-unavailable-error.ts";
import type { WfloError } from "../errors/wflo-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { OpenMark } from "./open-call.ts";
import { HOLD_TTL_MS } from "./open-holds.ts";

/** How often the budgets of open streams are looked at for changes that other processes made. */
const LOOK_EVERY_MS = 1_000;
/** How long one look waits for the ledger. */
const LOOK_MS = 5_000;

/** A stream that is being read. */
export interface WatchedStream {
  readonly mark: OpenMark;
  readonly budgetIds: readonly string[];
  readonly runId: string | undefined;
  readonly startedAtMs: number;
  /** It tells what comes in, as an answer in one piece does not: that is paid for as a whole by the time it begins to come. */
  readonly showsOutput: boolean;
  /** Resolves when its charge is in the ledger in place of its hold. */
  readonly settled: Promise<void>;
  /** Ends it for the reason given, between two chunks. */
  readonly cut: (refusal: WfloError) => void;
}

interface StreamWatchOptions {
  readonly tenant: string;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * The open streams of this process. Cuts those of a budget that is paused, and, the youngest first, as many as hold what a
 * lowered cap no longer covers. What changes here is noticed at once, what another process changes within about a second.
 */
export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #streams = new Set<WatchedStream>();
  /** Cut, with a hold that may still be in the ledger, where it is not to be counted again; and since when. */
  readonly #closing = new Map<WatchedStream, number>();
  #askedAtMs = -Infinity;
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
  }

  /** Watches a stream; returns the function that stops it. */
  add(stream: WatchedStream): () => void {
    if (stream.budgetIds.length === 0) return () => {};
    this.#streams.add(stream);
    // What was changed here while it opened was looked at without it.
    if (stream.showsOutput && stream.startedAtMs <= this.#askedAtMs) void this.#look();
    this.#schedule();
    return () => void this.#streams.delete(stream);
  }

  /** Looks at the budgets of all open streams now; resolves when those that must are cut. Never rejects. */
  async look(): Promise<void> {
    this.#askedAtMs = this.#options.clock.monotonic();
    return this.#look();
  }

  async #look(): Promise<void> {
    if (this.#streams.size === 0) return;
    this.#lookAgain = true;
    this.#looking ??= this.#lookWhileAsked().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  close(): void {
    this.#cancelLook?.();
    this.#streams.clear();
  }

  #schedule(): void {
    this.#cancelLook ??= this.#options.clock.schedule(() => {
      void this.#look().then(() => {
        this.#cancelLook = undefined;
        if (this.#streams.size > 0) this.#schedule();
      });
    }, LOOK_EVERY_MS);
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#lookAgain) {
      this.#lookAgain = false;
      // Who asked meanwhile is owed a look of their own, whatever became of this one.
      await this.#lookOnce().catch((error: unknown) => this.#options.onTrouble(error));
    }
  }

  async #lookOnce(): Promise<void> {
    this.#forgetClosed();
    const byBudget = this.#byBudget();
    // As of now: what is settled while the ledger is asked may be in the answer as a hold.
    const closing = [...this.#closing.keys()];
    const budgets = await this.#budgets([...byBudget.keys()]);
    for (const { id, paused, windows } of budgets) {
      const streams = byBudget.get(id) ?? [];
      if (paused) for (const stream of streams) this.#cut(stream, new BudgetPausedError(id));
      else for (const window of windows) this.#cutUncovered(streams, window, heldOn(id, closing));
    }
  }

  /** Rejects with `StoreUnavailableError` when the ledger has not answered in time: what comes of it then is too old to cut by. */
  #budgets(ids: readonly string[]): ReturnType<LedgerStore["getBudgets"]> {
    const { clock, ledger, tenant } = this.#options;
    const late = () =>
      new StoreUnavailableError("The database did not say how the budgets of open streams stand.");
    return inTime(clock, ledger.getBudgets(tenant, ids), { withinMs: LOOK_MS, late });
  }

  /** The youngest first. */
  #byBudget(): Map<string, WatchedStream[]> {
    const byBudget = new Map<string, WatchedStream[]>();
    const youngestFirst = [...this.#streams].toSorted((a, b) => b.startedAtMs - a.startedAtMs);
    for (const stream of youngestFirst) {
      for (const id of stream.budgetIds) {
        const streams = byBudget.get(id);
        if (streams) streams.push(stream);
        else byBudget.set(id, [stream]);
      }
    }
    return byBudget;
  }

  /** Only where a cap was lowered while the stream ran: what a bill above its hold did is not a stream's fault. */
  #cutUncovered(streams: readonly WatchedStream[], window: WindowState, closingNanoUsd: bigint): void {
    const taken = window.spentNanoUsd + window.reservedNanoUsd - closingNanoUsd;
    let excess = taken - window.capNanoUsd;
    const kept: OpenMark[] = [];
    // Holds that may be gone from the ledger already may hide an excess: the next look sees it.
    let isDecided = closingNanoUsd === 0n;
    for (const stream of streams) {
      const { mark } = stream;
      const before = mark.windows?.find((other) => isSame(other, window));
      if (before === undefined || mark.takenOver) continue;
      if (excess <= 0n || window.capNanoUsd >= before.capNanoUsd) kept.push(mark);
      else {
        const refusal = { ...window, neededNanoUsd: mark.heldNanoUsd, runId: stream.runId };
        this.#cut(stream, new BudgetExceededError(refusal));
        excess -= mark.heldNanoUsd;
        isDecided = true;
      }
    }
    if (isDecided) for (const mark of kept) passUnder(mark, window);
  }

  #cut(stream: WatchedStream, refusal: WfloError): void {
    if (!this.#streams.delete(stream)) return;
    this.#closing.set(stream, this.#options.clock.monotonic());
    void stream.settled.then(() => this.#closing.delete(stream));
    stream.cut(refusal);
  }

  /** A settlement that was never acknowledged leaves a hold that expires. */
  #forgetClosed(): void {
    const now = this.#options.clock.monotonic();
    for (const [stream, cutAtMs] of this.#closing)
      if (now - cutAtMs > HOLD_TTL_MS) this.#closing.delete(stream);
  }
}

function isSame(a: WindowState, b: WindowState): boolean {
  const isAlike = a.budgetId === b.budgetId && a.window === b.window;
  return isAlike && a.startsAt?.getTime() === b.startsAt?.getTime();
}

/**
 * The cap to compare with is the one that the stream passed last, be it higher or lower: it is cut only if the cap drops further, and
 * not when one that was cut for this cap is charged more than was thought.
 */
function passUnder(mark: OpenMark, window: WindowState): void {
  mark.windows = mark.windows?.map((other) => (isSame(other, window) ? window : other));
}

function heldOn(budgetId: string, streams: readonly WatchedStream[]): bigint {
  const held = streams.filter(({ budgetIds }) => budgetIds.includes(budgetId));
  return held.reduce((sum, { mark }) => sum + mark.heldNanoUsd, 0n);
}
