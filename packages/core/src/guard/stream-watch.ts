import { BudgetExceededError } from "../errors/budget-exceeded-error.ts";
import { BudgetPausedError } from "../errors/budget-paused-error.ts";
import type { WfloError } from "../errors/wflo-error.ts";
import type { Clock } from "../ports/clock.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { WindowState } from "../ports/window-state.ts";
import type { OpenMark } from "./open-call.ts";

/** How often the budgets of open streams are looked at for changes that other processes made. */
const LOOK_EVERY_MS = 1_000;
/** So long after its cut a stream's hold may still be in the ledger, where it is not to be counted again. */
const CLOSING_MS = 3_000;

/** A stream that is being read. */
export interface WatchedStream {
  readonly mark: OpenMark;
  readonly budgetIds: readonly string[];
  readonly runId: string | undefined;
  readonly startedAtMs: number;
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
  readonly #closing = new Map<WatchedStream, number>();
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
    this.#schedule();
    return () => void this.#streams.delete(stream);
  }

  /** Looks at the budgets of all open streams now; resolves when those that must are cut. Never rejects. */
  async look(): Promise<void> {
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
      void this.look().then(() => {
        this.#cancelLook = undefined;
        if (this.#streams.size > 0) this.#schedule();
      });
    }, LOOK_EVERY_MS);
  }

  async #lookWhileAsked(): Promise<void> {
    try {
      while (this.#lookAgain) {
        this.#lookAgain = false;
        await this.#lookOnce();
      }
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  async #lookOnce(): Promise<void> {
    this.#forgetClosed();
    const byBudget = this.#byBudget();
    const budgets = await this.#options.ledger.getBudgets(this.#options.tenant, [...byBudget.keys()]);
    for (const { id, paused, windows } of budgets) {
      const streams = byBudget.get(id) ?? [];
      if (paused) for (const stream of streams) this.#cut(stream, new BudgetPausedError(id));
      else for (const window of windows) this.#cutUncovered(streams, window);
    }
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
  #cutUncovered(streams: readonly WatchedStream[], window: WindowState): void {
    const taken = window.spentNanoUsd + window.reservedNanoUsd - this.#closingOn(window.budgetId);
    let excess = taken - window.capNanoUsd;
    for (const stream of streams) {
      const { mark } = stream;
      const before = mark.windows?.find((other) => isSame(other, window));
      if (before === undefined || mark.takenOver) continue;
      if (window.capNanoUsd > before.capNanoUsd) raise(mark, window);
      if (excess <= 0n || window.capNanoUsd >= before.capNanoUsd) continue;
      const refusal = { ...window, neededNanoUsd: mark.heldNanoUsd, runId: stream.runId };
      this.#cut(stream, new BudgetExceededError(refusal));
      excess -= mark.heldNanoUsd;
    }
  }

  #cut(stream: WatchedStream, refusal: WfloError): void {
    if (!this.#streams.delete(stream)) return;
    this.#closing.set(stream, this.#options.clock.monotonic());
    stream.cut(refusal);
  }

  #closingOn(budgetId: string): bigint {
    let nanoUsd = 0n;
    for (const { budgetIds, mark } of this.#closing.keys())
      if (budgetIds.includes(budgetId)) nanoUsd += mark.heldNanoUsd;
    return nanoUsd;
  }

  #forgetClosed(): void {
    const now = this.#options.clock.monotonic();
    for (const [stream, cutAtMs] of this.#closing)
      if (now - cutAtMs > CLOSING_MS) this.#closing.delete(stream);
  }
}

function isSame(a: WindowState, b: WindowState): boolean {
  const isAlike = a.budgetId === b.budgetId && a.window === b.window;
  return isAlike && a.startsAt?.getTime() === b.startsAt?.getTime();
}

/** The cap to compare with is the highest under which the stream ran. */
function raise(mark: OpenMark, window: WindowState): void {
  mark.windows = mark.windows?.map((other) => (isSame(other, window) ? window : other));
}
