import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** A moment, read as whole milliseconds since the epoch: as text it is written in the session's DateStyle, in which a day may look like a month. */
export function instantOf(column: PgColumn): SQL<Date> {
  return sql`floor(extract(epoch from ${column}) * 1000)::int8`.mapWith((ms: string) => new Date(Number(ms)));
}
