/** The part of a query's configuration that wflo uses; see node-postgres' `QueryConfig`. */
export interface PgQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
  /** Milliseconds. */
  readonly query_timeout: number;
  readonly rowMode: "array";
  readonly types: { getTypeParser(oid: number): (text: string) => unknown };
}

/** One connection of a pool. */
export interface PgClient {
  query(query: PgQuery): Promise<unknown>;
  release(destroy?: Error | boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** What wflo needs of a pool. `new pg.Pool(...)` has it; a structural type spares users a second copy of pg's types. */
export interface PgPool {
  readonly options: {
    readonly connectionString?: string | undefined;
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly database?: string | undefined;
    readonly user?: string | undefined;
    readonly query_timeout?: number | false | undefined;
  };
  query(query: PgQuery): Promise<unknown>;
  connect(): Promise<PgClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}
