import type { Settlement } from "../ports/ledger-store.ts";

/** Settles sent in one statement at most. */
const BATCH = 100;
const FIRST_DELAY_MS = 100;
/** While the store takes nothing, it is tried this often at least. */
const LAST_DELAY_MS = 1_000;
/** A settle that others do not fail with is tried this often at least. */
const LAST_DELAY_ALONE_MS = 10_000;
/** Between two of those that failed alone, doubled until anything is taken: an outage that they are in is not met by all of them at once. */
const FIRST_BETWEEN_MS = 10;
const LAST_BETWEEN_MS = 250;
/** A bill is not sent before what its call was charged without it, unless that has failed alone this often. */
const HOLDS_UP = 3;

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
 * Which settles are sent next, and when. An outage fails all of them: then one at a time is tried, whichever was not for longest, and everything
 * goes at once when it is taken.
 * What failed before and after something else was taken is at fault itself: it is sent alone, at its own pace, and holds up no other.
 */
export class SettleTurns<T extends Turn> {
  /** Attempts that failed since the store took anything, not counting those at fault. */
  #failures = 0;
  #failuresAlone = 0;
  #notBefore = 0;
  #aloneNotBefore = 0;
  #sentAtMs = -Infinity;
  #run = 1;
  #attempts = 0;
  #wasAlone = false;

  /** True while the store has not taken what it should have. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** The turns to send now (`now` is monotonic, ms), in their order; none if it is too early for all. */
  next(turns: Iterable<T>, now: number): readonly T[] {
    if (now < this.#notBefore && now < this.#aloneNotBefore) return [];
    const { together, alone } = this.#sorted(turns);
    const ready = now < this.#notBefore ? [] : together;
    const readyAlone = alone.filter((turn) => now >= this.#dueAlone(turn));
    const areTogetherNext = ready.length > 0 && (readyAlone.length === 0 || this.#wasAlone);
    const sent = areTogetherNext ? this.#together(ready) : longestAgo(readyAlone);
    this.#wasAlone = !areTogetherNext;
    this.#attempts += 1;
    if (sent.length > 0) this.#sentAtMs = now;
    for (const turn of sent) turn.sentAt = this.#attempts;
    return sent;
  }

  /** When to look again, monotonic, ms; `undefined` if nothing waits. */
  nextAt(turns: Iterable<T>): number | undefined {
    const { together, alone } = this.#sorted(turns);
    const dues = alone.map((turn) => this.#dueAlone(turn));
    if (together.length > 0) dues.push(this.#notBefore);
    return dues.length === 0 ? undefined : dues.reduce((least, due) => Math.min(least, due));
  }

  /** The store took something of these. */
  taken(turns: Iterable<T>): void {
    this.#failuresAlone = 0;
    if (!this.isFailing) return;
    this.#run += 1;
    this.#failures = 0;
    this.#notBefore = 0;
    this.#aloneNotBefore = 0;
    // It may have been an outage that they are at fault for.
    for (const turn of turns) turn.notBefore = 0;
  }

  /** The store did not take what was sent. */
  failed(sent: readonly T[], now: number): void {
    const [first] = sent;
    if (first !== undefined && isAtFault(first) && !this.isFailing) {
      first.notBefore = now + delayMs(FIRST_DELAY_MS, first.failedAlone++, LAST_DELAY_ALONE_MS);
      this.#aloneNotBefore = now + delayMs(FIRST_BETWEEN_MS, this.#failuresAlone++, LAST_BETWEEN_MS);
      return;
    }
    for (const turn of sent) {
      if (turn.lastRun !== this.#run) turn.runs += 1;
      turn.lastRun = this.#run;
    }
    // Of many it may have been one: whether it was is asked at once.
    this.#notBefore = sent.length > 1 ? now : now + delayMs(FIRST_DELAY_MS, this.#failures, LAST_DELAY_MS);
    this.#failures += 1;
  }

  /** Somebody waits for the store to take them: it is tried as soon as it may be, those at fault only if they are asked for. */
  hurry(atFault: Iterable<T> = []): void {
    this.#notBefore = Math.min(this.#notBefore, this.#sentAtMs + FIRST_DELAY_MS);
    for (const turn of atFault) turn.notBefore = 0;
  }

  /** Those that go together, and those that go alone at their own pace; of a call only the first, where that has failed. */
  #sorted(turns: Iterable<T>): { readonly together: readonly T[]; readonly alone: readonly T[] } {
    const together: T[] = [];
    const alone: T[] = [];
    const heldUp = new Set<string>();
    for (const turn of turns) {
      const { callId } = turn.settlement;
      if (heldUp.size > 0 && heldUp.has(callId)) continue;
      if (turn.runs > 0 && turn.failedAlone < HOLDS_UP) heldUp.add(callId);
      if (isAtFault(turn) && !this.isFailing) alone.push(turn);
      else together.push(turn);
    }
    return { together, alone };
  }

  #together(turns: readonly T[]): readonly T[] {
    return this.isFailing ? longestAgo(turns) : turns.slice(0, BATCH);
  }

  #dueAlone(turn: T): number {
    return Math.max(this.#aloneNotBefore, turn.notBefore);
  }
}

function isAtFault(turn: Turn): boolean {
  return turn.runs > 1;
}

function delayMs(firstMs: number, failures: number, lastMs: number): number {
  return Math.min(lastMs, firstMs * 2 ** failures);
}

function longestAgo<T extends Turn>(turns: readonly T[]): readonly T[] {
  const [first] = turns;
  if (first === undefined) return [];
  return [turns.reduce((longest, turn) => (turn.sentAt < longest.sentAt ? turn : longest), first)];
}
