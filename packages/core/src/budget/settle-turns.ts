import type { Settlement } from "../ports/ledger-store.ts";

/** Settles sent in one statement at most. */
const BATCH = 100;
const FIRST_DELAY_MS = 100;
/** While the store takes nothing, it is tried this often at least. */
const LAST_DELAY_MS = 1_000;
/** A settle that others do not fail with is tried this often at least. */
const LAST_DELAY_ALONE_MS = 10_000;
/** Between two of those that fail alone, so that an outage they are in is not met by all of them at once. */
const BETWEEN_ALONE_MS = 10;

/** A settle that waits for its turn. */
export interface Turn {
  readonly settlement: Settlement;
  /** Where in the order of attempts it was last sent; 0 if never. */
  sentAt: number;
  /** Runs of failures that it was in. A run ends when the store takes anything. */
  runs: number;
  lastRun: number;
  /** Times it failed alone, others having been taken between its failures. */
  failedAlone: number;
  /** On the monotonic clock, ms. */
  notBefore: number;
}

/** A settle that was not sent yet. */
export function newTurn(settlement: Settlement): Turn {
  return { settlement, sentAt: 0, runs: 0, lastRun: 0, failedAlone: 0, notBefore: 0 };
}

/**
 * Which settles are sent next, and when. An outage fails all of them: then one at a time is tried, and everything goes at once when it is taken.
 * What failed before and after something else was taken is at fault itself: it is sent alone, at its own pace, and holds up no other.
 */
export class SettleTurns<T extends Turn> {
  /** Attempts that failed since the store took anything, not counting those at fault. */
  #failures = 0;
  #notBefore = 0;
  #aloneNotBefore = 0;
  #run = 1;
  #attempts = 0;
  #wasAlone = false;

  /** True while the store has not taken what it should have. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** The turns to send now (`now` is monotonic, ms), in their order; none if it is too early for all. */
  next(turns: Iterable<T>, now: number): readonly T[] {
    const isOpen = now >= this.#notBefore;
    const isOpenAlone = now >= this.#aloneNotBefore;
    if (!isOpen && !isOpenAlone) return [];
    const together: T[] = [];
    const alone: T[] = [];
    for (const turn of turns) {
      if (isAtFault(turn)) {
        if (isOpenAlone && now >= turn.notBefore) alone.push(turn);
      } else if (isOpen) together.push(turn);
    }
    const areTogetherNext = together.length > 0 && (alone.length === 0 || this.#wasAlone);
    const sent = areTogetherNext ? this.#together(together) : longestAgo(alone);
    this.#wasAlone = !areTogetherNext;
    this.#attempts += 1;
    for (const turn of sent) turn.sentAt = this.#attempts;
    return sent;
  }

  #together(turns: readonly T[]): readonly T[] {
    return this.isFailing ? longestAgo(firstOfEachCall(turns)) : turns.slice(0, BATCH);
  }

  /** When to look again, monotonic, ms; `undefined` if nothing waits. */
  nextAt(turns: Iterable<T>): number | undefined {
    let at: number | undefined;
    for (const turn of turns) {
      const due = isAtFault(turn) ? Math.max(this.#aloneNotBefore, turn.notBefore) : this.#notBefore;
      at = Math.min(at ?? due, due);
    }
    return at;
  }

  /** The store took something. */
  taken(): void {
    if (this.isFailing) this.#run += 1;
    this.#failures = 0;
    this.#notBefore = 0;
  }

  /** The store did not take what was sent. */
  failed(sent: readonly T[], now: number): void {
    const [first] = sent;
    if (first !== undefined && isAtFault(first)) {
      first.notBefore = now + delayMs(first.failedAlone++, LAST_DELAY_ALONE_MS);
      this.#aloneNotBefore = now + BETWEEN_ALONE_MS;
      return;
    }
    for (const turn of sent) {
      if (turn.lastRun !== this.#run) turn.runs += 1;
      turn.lastRun = this.#run;
    }
    // Of many it may have been one: whether it was is asked at once.
    this.#notBefore = sent.length > 1 ? now : now + delayMs(this.#failures, LAST_DELAY_MS);
    this.#failures += 1;
  }

  /** Everything is due at once, once: somebody waits for it. */
  hurry(turns: Iterable<T>): void {
    this.#notBefore = 0;
    this.#aloneNotBefore = 0;
    for (const turn of turns) turn.notBefore = 0;
  }
}

function isAtFault(turn: Turn): boolean {
  return turn.runs > 1;
}

function delayMs(failures: number, lastMs: number): number {
  return Math.min(lastMs, FIRST_DELAY_MS * 2 ** failures);
}

/** A bill is not sent before what its call was charged without it. */
function firstOfEachCall<T extends Turn>(turns: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return turns.filter(({ settlement: { callId } }) => !seen.has(callId) && seen.add(callId));
}

function longestAgo<T extends Turn>(turns: readonly T[]): readonly T[] {
  const [first] = turns;
  if (first === undefined) return [];
  return [turns.reduce((longest, turn) => (turn.sentAt < longest.sentAt ? turn : longest), first)];
}
