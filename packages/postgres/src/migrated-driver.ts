import { StoreUnavailableError } from "@wflo/core";
import { drizzle, type PgRemoteDatabase } from "drizzle-orm/pg-proxy";
import { CallQueue, type FunctionCall } from "./call-queue.ts";
import type { Cell, Driver, Statement } from "./driver.ts";
import { migrate } from "./migrate.ts";
import { codeOf, storeError } from "./store-error.ts";

/** A serialization failure happens only where the default isolation level was raised; a rolled back statement may be sent again. */
const RETRIED = new Set(["40001", "40P01"]);
const MAX_ATTEMPTS = 10;
const RETRY_DELAY_MS = 20;

/** The tables are gone: somebody dropped or restored the database under us. */
const UNMIGRATED = new Set(["3F000", "42P01", "42883"]);

/** A driver with tables: migrates on first use, sends again what was rolled back, and rejects with `StoreUnavailableError` only. */
export class MigratedDriver {
  private readonly driver: Driver;
  private readonly inFlight = new Set<Promise<unknown>>();
  private migrated: Promise<void> | undefined;
  private closed: Promise<void> | undefined;
  private barrierWorks: Promise<boolean> | undefined;
  private readonly queue = new CallQueue((statement) => this.attempt(statement));
  /** For ordinary queries; await them through `ordinary`. */
  readonly orm: PgRemoteDatabase;

  constructor(driver: Driver) {
    this.driver = driver;
    this.orm = drizzle(async (text, params) => ({ rows: [...(await this.query({ text, params }))] }));
  }

  /** Calls a function of the schema, in one round trip, and returns its JSON. */
  call(name: string, args: readonly unknown[]): Promise<unknown> {
    return this.tracked(async () => {
      const places = args.map((_, at) => `$${at + 1}`).join(", ");
      const [row] = await this.attempt({
        text: `select wflo.${name}(${places})`,
        params: args,
        name: `wflo_${name}`,
      });
      return jsonOf(row);
    });
  }

  /** As `rowEarly`, for a function that answers with JSON. */
  async callEarly(name: string, args: readonly unknown[]): Promise<unknown> {
    return jsonOf(await this.rowEarly(name, args, 1));
  }

  /**
   * Calls a function whose locks others wait for, with this many columns. Where it may it is called by its procedure of the same name with `_early`, which
   * lets go of them before its commit is on the disk. It is when this resolves, all the same.
   */
  rowEarly(name: string, args: readonly unknown[], columns: number): Promise<readonly Cell[] | undefined> {
    return this.tracked(async () => {
      const { barrier } = this.driver;
      const isEarly = barrier !== undefined && (await this.mayUse(barrier));
      const places = args.map((_, at) => `$${at + 1}`);
      const text = isEarly
        ? `call wflo.${name}_early(${[...places, ...Array.from({ length: columns }, () => "null")].join(", ")})`
        : `select * from wflo.${name}(${places.join(", ")})`;
      const [row] = await this.attempt({
        text,
        params: args,
        name: `wflo_${name}${isEarly ? "_early" : ""}`,
      });
      return row;
    });
  }

  /** Whether a commit that has not waited for the disk comes to it by itself. */
  get writesLater(): boolean {
    return this.driver.barrier !== undefined;
  }

  /** See `Driver`. */
  onConnectionLost(listener: () => void): void {
    this.driver.onConnectionLost(listener);
  }

  /** As `call`, in one round trip with others like it that wait at the same time. */
  callTogether(call: FunctionCall): Promise<unknown> {
    return this.tracked(() => this.queue.call(call));
  }

  /** Awaits a query of `orm` and unwraps the error that drizzle put around ours. */
  async ordinary<T>(query: PromiseLike<T>): Promise<T> {
    try {
      return await query;
    } catch (error) {
      throw storeError(error, this.driver.place);
    }
  }

  query(statement: Statement): Promise<readonly (readonly Cell[])[]> {
    return this.tracked(() => this.attempt(statement));
  }

  /** Brings the tables up to date; memoised once it has worked. */
  migrate(): Promise<void> {
    return this.tracked(() => this.ready());
  }

  /** Lets running statements finish, then gives everything back. */
  close(): Promise<void> {
    this.closed ??= Promise.allSettled(this.inFlight).then(() => this.driver.close());
    return this.closed;
  }

  private async tracked<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed !== undefined) {
      throw new StoreUnavailableError(
        `The ${this.driver.place} was closed by close() or wflo.close(); make a new one, and a new client with it.`,
      );
    }
    const running = work();
    this.inFlight.add(running);
    try {
      return await running;
    } catch (error) {
      throw storeError(error, this.driver.place);
    } finally {
      this.inFlight.delete(running);
    }
  }

  /** Tried once; where the server refuses it, commits wait for the disk as they do anyway. */
  private mayUse(barrier: Statement): Promise<boolean> {
    this.barrierWorks ??= this.attempt(barrier).then(
      () => true,
      (error: unknown) => {
        // What failed for another reason is tried again.
        if (!/^[0-9A-Z]{5}$/.test(codeOf(error) ?? "")) this.barrierWorks = undefined;
        return false;
      },
    );
    return this.barrierWorks;
  }

  private async attempt(statement: Statement): Promise<readonly (readonly Cell[])[]> {
    await this.ready();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.driver.query(statement);
      } catch (error) {
        const code = codeOf(error) ?? "";
        if (attempt === 1 && UNMIGRATED.has(code)) {
          this.migrated = undefined;
          await this.ready();
        } else if (attempt < MAX_ATTEMPTS && RETRIED.has(code)) {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_DELAY_MS * attempt));
        } else {
          throw error;
        }
      }
    }
  }

  private ready(): Promise<void> {
    if (this.migrated === undefined) {
      const attempt = migrate(this.driver);
      this.migrated = attempt;
      attempt.catch(() => {
        if (this.migrated === attempt) this.migrated = undefined;
      });
    }
    return this.migrated;
  }
}

function jsonOf(row: readonly Cell[] | undefined): unknown {
  const cell = row?.[0];
  return typeof cell === "string" ? JSON.parse(cell) : undefined;
}
