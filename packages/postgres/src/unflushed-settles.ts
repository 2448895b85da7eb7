import type { LedgerStore, Settlement, WarningWatch } from "@wflo/core";

/** PostgreSQL's WAL writer brings every commit to the disk within three times `wal_writer_delay`, which is 0.2 s and at most 10. */
const KEPT_MS = 30_000;
const RETRY_MS = 500;
const MAX_RETRIES = 120;

/** What was sent, and who is told of the warnings that sending it again brings up. */
interface Sent {
  readonly tenant: string;
  readonly settlements: readonly Settlement[];
  readonly tellLater: WarningWatch["tell"] | undefined;
}

interface Acknowledged extends Sent {
  readonly at: number;
}

/**
 * Settles that the server has acknowledged before they were on the disk. One that crashes forgets them, and is then sent them again; it takes
 * each once. What a later commit of this process has waited for is on the disk, and is forgotten here.
 */
export class UnflushedSettles {
  readonly #settle: LedgerStore["settle"];
  #acknowledged: Acknowledged[] = [];
  #lost: Acknowledged[] = [];
  #isSending = false;

  constructor(settle: LedgerStore["settle"]) {
    this.#settle = settle;
  }

  add({ tenant, settlements, tellLater }: Sent): void {
    const at = performance.now();
    this.#acknowledged = this.#acknowledged.filter((one) => at - one.at < KEPT_MS);
    this.#acknowledged.push({ at, tenant, settlements, tellLater });
  }

  /** A commit that waited for the disk was begun at this time (`performance.now()`), and is done. */
  flushed(begun: number): void {
    if (this.#acknowledged.length > 0) this.#acknowledged = this.#acknowledged.filter(({ at }) => at > begun);
  }

  /** A connection broke: the server may have crashed. */
  connectionLost(): void {
    const since = performance.now() - KEPT_MS;
    this.#lost.push(...this.#acknowledged.filter(({ at }) => at > since));
    this.#acknowledged = [];
    if (this.#lost.length > 0 && !this.#isSending) void this.#sendAgain();
  }

  async #sendAgain(): Promise<void> {
    this.#isSending = true;
    for (let attempt = 0; attempt < MAX_RETRIES && this.#lost.length > 0; attempt += 1) {
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS).unref());
      const sent = this.#lost;
      this.#lost = [];
      try {
        for (const one of sent) await this.#sendOne(one);
        attempt = 0;
      } catch {
        this.#lost.push(...sent);
      }
    }
    this.#isSending = false;
  }

  /** The verdicts that were out before the crash had no warnings; those of a second crash go the same way. */
  async #sendOne({ tenant, settlements, tellLater }: Sent): Promise<void> {
    for (const { warnings } of await this.#settle(tenant, settlements, tellLater))
      if (warnings !== undefined) tellLater?.(warnings);
  }
}
