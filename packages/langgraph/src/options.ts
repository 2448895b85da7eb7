import { InvalidOptionError, type Database } from "@wflo/core";
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
}

/** The tenant of those who name none; that of `createWflo` too. */
const DEFAULT_TENANT = "default";

/** The options with what was left out. Throws `InvalidOptionError` for something that is no database of wflo. */
export function checkedOptions({
  database,
  tenant = DEFAULT_TENANT,
}: WfloSaverOptions): Pick<WfloSaverOptions, "database"> & { readonly tenant: string } {
  const store = (database as Partial<Database> | null | undefined)?.checkpoints;
  if (typeof store?.putWrites === "function") return { database, tenant };
  throw new InvalidOptionError(
    "WfloSaver needs a database of wflo: new WfloSaver({ database: postgres() }), or pglite() or memoryDatabase(). A store of " +
      "LangGraph, such as InMemoryStore, is something else: it goes to compile({ store }).",
  );
}
