import { askAgain, InvalidOptionError, type CheckpointStore, type Clock } from "@wflo/core";
import { checkTtl } from "../saver/saver-options.ts";

/** Threads whose time to live this process knows to be set. */
const MAX_KNOWN = 10_000;
/** How often threads that have expired are deleted by the way, and how many. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_LIMIT = 20;
/** How many are deleted at once where nobody says. */
const DEFAULT_LIMIT = 1_000;
const PATIENCE = { attempts: 4, firstPauseMs: 200 };

/** What lifetimes are kept with; `ttlMs` is that of threads nobody said anything of. */
interface LifetimeOptions {
  readonly tenant: string;
  readonly store: CheckpointStore;
  readonly clock: Clock;
  readonly ttlMs: number | undefined;
}

/** How long threads are kept. */
export class ThreadLifetimes {
  readonly #options: LifetimeOptions;
  readonly #known = new Set<string>();
  #sweptAtMs: number;
  #sweep: Promise<unknown> | undefined;

  constructor(options: LifetimeOptions) {
    this.#options = options;
    this.#sweptAtMs = options.clock.now();
  }

  /** What is due before a checkpoint is saved: mostly nothing. */
  async beforePut(thread: string, isFirst: boolean): Promise<void> {
    const { tenant, store, ttlMs, clock } = this.#options;
    if (ttlMs === undefined) {
      // A thread that has expired begins anew.
      if (isFirst) await askAgain(clock, PATIENCE, () => store.deleteExpired(tenant, { thread, limit: 1 }));
      return;
    }
    this.#sweepByTheWay();
    if (!isFirst && this.#known.has(thread)) return;
    await askAgain(clock, PATIENCE, () => store.setTtl(tenant, thread, { ttlMs, isDefault: true }));
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(thread);
  }

  /** See `WfloSaver.setTtl`. */
  async set(thread: string, ttlMs: number | undefined): Promise<void> {
    if (ttlMs !== undefined) checkTtl(ttlMs);
    await this.#options.store.setTtl(this.#options.tenant, thread, { ttlMs, isDefault: false });
  }

  /** See `WfloSaver.deleteExpired`. */
  async deleteExpired(limit: number = DEFAULT_LIMIT): Promise<number> {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new InvalidOptionError(
        `The limit of deleteExpired() is a whole number from 1; it was ${String(limit)}.`,
      );
    }
    return this.#options.store.deleteExpired(this.#options.tenant, { limit });
  }

  /** When what is done by the way is done. */
  async settled(): Promise<void> {
    await this.#sweep;
  }

  /** Nobody waits for it, and no timer keeps the process alive for it. */
  #sweepByTheWay(): void {
    const nowMs = this.#options.clock.now();
    if (this.#sweep !== undefined || nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    this.#sweep = this.deleteExpired(SWEEP_LIMIT)
      // The next one will see to it.
      .catch(() => 0)
      .finally(() => {
        this.#sweep = undefined;
      });
  }
}
