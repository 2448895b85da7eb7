/** One value as PostgreSQL writes it, as text (JSON too), but for booleans and arrays of text. Money never passes through a float. */
export type Cell = string | boolean | readonly (string | null)[] | null;

/** One statement with its parameters; `name` makes it a named prepared statement where the driver was asked for those. */
export interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
  readonly name?: string | undefined;
}

/**
 * The seam between pg and PGlite: everything in which the two differ lies behind it. Errors pass through as the driver throws
 * them, with PostgreSQL's five-character `code` where the server sent one.
 */
export interface Driver {
  /** For sentences: which database this is, never with a password. */
  readonly place: string;
  /**
   * A statement whose commit brings every commit before it to the disk; it may be forbidden to this user. Undefined where a commit that has not waited
   * for the disk may never come to it: nothing brings it there but the next one that waits.
   */
  readonly barrier: Statement | undefined;
  /** Calls this whenever a connection breaks, also an idle one; never where there are none. */
  onConnectionLost(listener: () => void): void;
  /** One statement, one round trip, on any connection. */
  query(statement: Statement): Promise<readonly (readonly Cell[])[]>;
  /** Runs `work` between begin and commit on one connection; `run` takes several statements and answers with the rows of the last. */
  transaction<T>(
    work: (run: (sql: string) => Promise<readonly (readonly Cell[])[]>) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}
