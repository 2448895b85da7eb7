export type { PostgresDatabase } from "./database.ts";
export type { PgClient, PgPool, PgQuery } from "./pg-pool.ts";
export { postgres, type PostgresOptions } from "./postgres.ts";
