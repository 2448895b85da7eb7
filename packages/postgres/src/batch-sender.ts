import type { BatchJson, DecidedJson } from "./batch-json.ts";
import { foreseenBatch } from "./foreseen-batch.ts";
import { KnownSets } from "./known-sets.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { argsOfMany, type ReserveArgs } from "./reserve-args.ts";
import { settlementsJson, type SettlementRow } from "./settlements.ts";
import { codeOf, wasUndone } from "./store-error.ts";

const INSUFFICIENT_PRIVILEGE = "42501";

/** Sends batches of settlements and reserves of one tenant: as it foresees them where it can, else for the database to decide. */
export class BatchSender {
  readonly #driver: MigratedDriver;
  readonly #known = new KnownSets();
  /** Until this user turns out to lack the right to it. */
  #foresees = true;

  constructor(driver: MigratedDriver) {
    this.#driver = driver;
  }

  /** Whatever the database has told: it may be another one now. */
  forget(): void {
    this.#known.forgetAll();
  }

  /** Rejects when the database refuses it, and has undone it, or when nobody knows what became of it. */
  async send(
    tenant: string,
    rows: readonly SettlementRow[],
    calls: readonly ReserveArgs[],
  ): Promise<BatchJson> {
    return (await this.#asForeseen(tenant, rows, calls)) ?? (await this.#asDecided(tenant, rows, calls));
  }

  /** Undefined where it cannot be foreseen, or was not so; then nothing has been done. */
  async #asForeseen(
    tenant: string,
    rows: readonly SettlementRow[],
    calls: readonly ReserveArgs[],
  ): Promise<BatchJson | undefined> {
    const batch = this.#foresees ? foreseenBatch(rows, calls, this.#known) : undefined;
    if (batch === undefined) return undefined;
    const row = await this.#driver
      .rowEarly("settle_and_reserve_foreseen", [tenant, ...batch.args], 2)
      .catch((error: unknown): undefined => {
        if (!wasUndone(error)) throw error;
        if (codeOf(error) === INSUFFICIENT_PRIVILEGE) this.#foresees = false;
      });
    const found = batch.read(row);
    if (found === undefined) this.#known.forget(calls);
    return found;
  }

  async #asDecided(
    tenant: string,
    rows: readonly SettlementRow[],
    calls: readonly ReserveArgs[],
  ): Promise<BatchJson> {
    const args = [tenant, settlementsJson(rows), ...argsOfMany(calls)];
    const answer = (await this.#driver.callEarly("settle_and_reserve", args)) as DecidedJson;
    this.#known.learn(calls, answer);
    return answer;
  }
}
