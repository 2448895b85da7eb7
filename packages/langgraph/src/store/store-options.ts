import { checkNames, InvalidOptionError, type Database } from "@wflo/core";

/** Where a `WfloStore` keeps its items. */
export interface WfloStoreOptions {
  /** `postgres()`, `pglite()` or `memoryDatabase()`. It stays the caller's: closing it is the caller's business. */
  readonly database: Database;
  /** Items of other tenants are neither read nor written. Default `default`. */
  readonly tenant?: string | undefined;
}

/** The tenant of those who name none; that of `createWflo` too. */
const DEFAULT_TENANT = "default";

/** The options with what was left out. Throws `InvalidOptionError` for something that is no database of wflo, and for embeddings. */
export function checkedStoreOptions(
  options: WfloStoreOptions,
): Pick<WfloStoreOptions, "database"> & { readonly tenant: string } {
  const { database, tenant = DEFAULT_TENANT } = (options as WfloStoreOptions | undefined) ?? {};
  if (typeof (database as Partial<Database> | null | undefined)?.items?.batch !== "function") {
    throw new InvalidOptionError(
      "WfloStore needs a database of wflo: new WfloStore({ database: postgres() }), or pglite() or memoryDatabase(). A store of " +
        "LangGraph, such as InMemoryStore, is something else: it goes to compile({ store }) by itself.",
    );
  }
  if (Object.hasOwn(options, "index")) {
    throw new InvalidOptionError(
      "WfloStore makes no embeddings, so it takes no index: leave it out, and keep what is searched by meaning in a vector store.",
    );
  }
  checkNames("The options of WfloStore", options, { database: true, tenant: true });
  return { database: database as Database, tenant };
}
