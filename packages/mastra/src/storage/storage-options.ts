import { checkOptions, InvalidOptionError, type Database } from "@wflo/core";

/** Where a `WfloWorkflowsStorage` keeps runs. */
export interface WorkflowsStorageOptions {
  /** `postgres()`, `pglite()` or `memoryDatabase()`. It stays the caller's: closing it is the caller's business. */
  readonly database: Database;
  /** Runs of other tenants are neither read nor written. Default `default`, as in `createWflo`. */
  readonly tenant?: string | undefined;
}

/** The options with what was left out. Throws `InvalidOptionError` for something that is no database of wflo. */
export function checkedOptions(options: WorkflowsStorageOptions): Required<
  Pick<WorkflowsStorageOptions, "database">
> & {
  readonly tenant: string;
} {
  const { database, tenant = "default" } = (options as Partial<WorkflowsStorageOptions> | undefined) ?? {};
  const store = (database as Partial<Database> | null | undefined)?.checkpoints;
  if (typeof store?.put === "function") {
    checkOptions("The options of WfloWorkflowsStorage", options, { database: true, tenant: true });
    return { database: database as Database, tenant };
  }
  throw new InvalidOptionError(
    "WfloWorkflowsStorage needs a database of wflo: new WfloWorkflowsStorage({ database: postgres() }), or pglite() or memoryDatabase(). " +
      "A store of Mastra, such as LibSQLStore, is something else: it goes to new MastraCompositeStore({ default }).",
  );
}
