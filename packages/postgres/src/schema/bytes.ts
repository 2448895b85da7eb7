import { customType } from "drizzle-orm/pg-core";

/** Bytes that only SQL reads and writes. */
export const bytes = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });
