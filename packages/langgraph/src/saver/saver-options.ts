import { checkOptions, InvalidOptionError, type Database, type OptionNames } from "@wflo/core";
import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";

/** Where a `WfloSaver` keeps its threads, and how values become bytes. */
export interface WfloSaverOptions {
  /** `postgres()`, `pglite()` or `memoryDatabase()`. It stays the caller's: closing it is the caller's business. */
  readonly database: Database;
  /** Threads of other tenants are neither read nor written. Default `default`. */
  readonly tenant?: string | undefined;
  /**
   * Turns values into bytes and back, element by element: a list goes through it item by item. Default: LangGraph's own. With another
   * one, nothing that is stored of a value is made by anything else; names of threads, channels and tasks, and metadata, stay readable.
   */
  readonly serde?: SerializerProtocol | undefined;
  /**
   * How long the threads that are written to are kept after their last checkpoint was saved, in milliseconds; `setTtl` counts before it.
   * Default: for ever.
   */
  readonly ttl?: number | undefined;
}

/** The tenant of those who name none; that of `createWflo` too. */
const DEFAULT_TENANT = "default";

const NAMES: OptionNames<WfloSaverOptions> = { database: true, tenant: true, serde: true, ttl: true };

/** The options with what was left out. Throws `InvalidOptionError` for something that is no database of wflo. */
export function checkedOptions(
  options: WfloSaverOptions,
): Pick<WfloSaverOptions, "database" | "ttl"> & { readonly tenant: string } {
  const { database, tenant = DEFAULT_TENANT, ttl } = (options as Partial<WfloSaverOptions> | undefined) ?? {};
  if (ttl !== undefined) checkTtl(ttl);
  const store = (database as Partial<Database> | null | undefined)?.checkpoints;
  if (typeof store?.putWrites === "function") {
    checkOptions("The options of WfloSaver", options, NAMES);
    return { database: database as Database, tenant, ttl };
  }
  throw new InvalidOptionError(
    "WfloSaver needs a database of wflo: new WfloSaver({ database: postgres() }), or pglite() or memoryDatabase(). A store of " +
      "LangGraph, such as InMemoryStore, is something else: it goes to compile({ store }).",
  );
}

/** Some hundred years: what PostgreSQL can add to a date. */
const MAX_TTL_MS = 10_000_000_000_000;

/** Throws `InvalidOptionError` for what is no time to live. */
export function checkTtl(ttlMs: number): void {
  if (Number.isSafeInteger(ttlMs) && ttlMs > 0 && ttlMs <= MAX_TTL_MS) return;
  throw new InvalidOptionError(
    `A time to live is a whole number of milliseconds from 1 to ${MAX_TTL_MS}, such as 30 * 86_400_000 for thirty days; it was ${String(ttlMs)}.`,
  );
}
