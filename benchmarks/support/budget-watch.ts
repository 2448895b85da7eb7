import pg from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "./run-bench.ts";

/** One look at a budget from a connection of its own: the row, and what its entries and open holds add up to. Nano-dollars. */
export interface BudgetLook {
  readonly cap: bigint;
  readonly spent: bigint;
  readonly reserved: bigint;
  readonly overrun: bigint;
  readonly entries: bigint;
  readonly holds: bigint;
  readonly openHolds: number;
}

/** Written without wflo's own SQL. One statement sees one moment. */
const LOOK = `
  select w.cap, w.spent, w.reserved, w.overrun,
    (select coalesce(sum(e.charged), 0) from wflo.entry e where w.id = any (e.budget_ids)) as entries,
    (select coalesce(sum(h.amount), 0) from wflo.hold h where w.id = any (h.budget_ids)) as holds,
    (select count(*) from wflo.hold h where w.id = any (h.budget_ids)) as open_holds
  from wflo.budget_window w where w.id = $1 and w.kind = 'total'`;

/** Looks at one budget while others spend from it. */
export class BudgetWatch {
  readonly #client: pg.Client;
  readonly #budget: string;
  #watching: Promise<void> | undefined;
  #isOver = false;
  looks = 0;
  readonly overCap: BudgetLook[] = [];
  readonly unequal: BudgetLook[] = [];

  private constructor(client: pg.Client, budget: string) {
    this.#client = client;
    this.#budget = budget;
  }

  static async open(url: string, budget: string): Promise<BudgetWatch> {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    atEnd(() => client.end());
    return new BudgetWatch(client, budget);
  }

  async look(): Promise<BudgetLook> {
    const { rows } = await this.#client.query<Record<string, string>>(LOOK, [this.#budget]);
    const amount = (name: string): bigint => BigInt(rows[0]?.[name] ?? 0);
    return {
      cap: amount("cap"),
      spent: amount("spent"),
      reserved: amount("reserved"),
      overrun: amount("overrun"),
      entries: amount("entries"),
      holds: amount("holds"),
      openHolds: Number(amount("open_holds")),
    };
  }

  /** Looks and keeps what must never be seen. */
  async judge(): Promise<BudgetLook> {
    const look = await this.look();
    this.looks += 1;
    if (look.spent + look.reserved > look.cap) this.overCap.push(look);
    if (look.spent !== look.entries || look.reserved !== look.holds) this.unequal.push(look);
    return look;
  }

  /** Judges again and again until `stop`. */
  start(everyMs: number): void {
    this.#watching = (async () => {
      while (!this.#isOver) {
        await this.judge();
        await sleep(everyMs);
      }
    })();
    this.#watching.catch(() => {});
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#watching;
    await this.judge();
  }
}
