import type { LedgerStore, ReserveRequest } from "@wflo/core";
import { afterEach, beforeEach, expect } from "vitest";
import { ForeseenDesk } from "./foreseen-desk.ts";
import { asks } from "./samples.ts";
import { useDatabase, type TestDatabase } from "./use-database.ts";

/** Nano-dollars. */
export const CAPS = { day: 100_000n, month: 900_000n };

/** A call under an id that nobody else can know. */
export function ask(
  ids: readonly string[],
  amount = 100n,
  changes: Partial<ReserveRequest> = {},
): ReserveRequest {
  return asks(ids, amount, { isNew: true, ...changes });
}

export interface Foreseen {
  readonly database: TestDatabase;
  readonly ledger: LedgerStore;
  /** Of this test. */
  readonly desk: ForeseenDesk;
  /** Sets the budgets, and opens one call on them, of which the desk knows. */
  open(ids: readonly string[], changes?: Partial<ReserveRequest>): Promise<ReserveRequest>;
  /** The clock of the ledger until the end of the test: a SELECT of a time. */
  setClock(select: string): Promise<void>;
}

/** A database for one test file, and a desk for each test. */
export function useForeseen(): Foreseen {
  const database = useDatabase();
  let desk: ForeseenDesk;
  let ledger: LedgerStore;
  const setClock = async (select: string): Promise<void> => {
    await database.query(
      `create or replace function wflo.now() returns timestamptz language sql volatile as $$ ${select} $$`,
    );
  };
  beforeEach(() => {
    desk = new ForeseenDesk(database.url);
    ledger = database.open().ledger;
  });
  afterEach(async () => {
    await setClock("select clock_timestamp()");
    await desk.driver.close();
  });
  return {
    database,
    setClock,
    get desk() {
      return desk;
    },
    get ledger() {
      return ledger;
    },
    async open(ids, changes = {}) {
      for (const id of ids) await ledger.setBudget("t", { id, caps: CAPS, onExpiry: "charge", warnAt: [] });
      const call = ask(ids, 100n, changes);
      expect(await desk.decided("t", [], [call])).toMatchObject({ grants: ["100"] });
      return call;
    },
  };
}
