import type { ReserveRequest, Settlement, SettleVerdict } from "@wflo/core";
import pg from "pg";
import type { BatchJson, DecidedJson } from "../../src/batch-json.ts";
import { foreseenBatch, type ForeseenBatch } from "../../src/foreseen-batch.ts";
import { KnownSets } from "../../src/known-sets.ts";
import { MigratedDriver } from "../../src/migrated-driver.ts";
import { pgDriver } from "../../src/pg-driver.ts";
import { readSettled } from "../../src/read-settled.ts";
import { argsOfMany, reserveArgs } from "../../src/reserve-args.ts";
import { settlementRows, settlementsJson } from "../../src/settlements.ts";

/** What became of a batch. */
export interface Became {
  readonly settled: readonly SettleVerdict[];
  /** Nano-dollars as text; null for what is to be asked for alone. */
  readonly grants: readonly (string | null)[];
  readonly windows: BatchJson["windows"];
}

/** Batches as a process sends them, one by one: decided by the database, or foreseen by what that told before. */
export class ForeseenDesk {
  readonly known = new KnownSets();
  readonly driver: MigratedDriver;

  constructor(url: string) {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    this.driver = new MigratedDriver(pgDriver(pool, { owned: true, preparedStatements: false }));
  }

  async decided(
    tenant: string,
    settlements: readonly Settlement[],
    calls: readonly ReserveRequest[],
  ): Promise<Became> {
    const [rows, asking] = [settlementRows(settlements), calls.map(reserveArgs)];
    const args = [tenant, settlementsJson(rows), ...argsOfMany(asking)];
    const json = (await this.driver.callEarly("settle_and_reserve", args)) as DecidedJson;
    this.known.learn(asking, json);
    return became(rows, json);
  }

  /** `"unforeseeable"` when the process does not even try, `"otherwise"` when it was not so, and nothing has been done. */
  async foreseen(
    tenant: string,
    settlements: readonly Settlement[],
    calls: readonly ReserveRequest[],
  ): Promise<Became | "otherwise" | "unforeseeable"> {
    const batch = this.batch(settlements, calls);
    if (batch === undefined) return "unforeseeable";
    const args = [tenant, ...batch.args];
    const json = batch.read(await this.driver.rowEarly("settle_and_reserve_foreseen", args, 2));
    return json === undefined ? "otherwise" : became(settlementRows(settlements), json);
  }

  batch(settlements: readonly Settlement[], calls: readonly ReserveRequest[]): ForeseenBatch | undefined {
    return foreseenBatch(settlementRows(settlements), calls.map(reserveArgs), this.known);
  }
}

function became(rows: ReturnType<typeof settlementRows>, json: BatchJson): Became {
  return { settled: readSettled(rows, json), grants: json.grants ?? [], windows: json.windows };
}
