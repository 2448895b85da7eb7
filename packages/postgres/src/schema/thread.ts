import {
  bigint,
  boolean,
  index,
  integer,
  primaryKey,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/**
 * One row for each thread that ever had a checkpoint. `key` stands for it in the other tables; `seq` counts its checkpoints;
 * `deleted_to` is the greatest id that was deleted. `ttl_ms` is 0 where it was set to be for ever.
 */
export const thread = wfloSchema.table(
  "thread",
  {
    tenant: keyText("tenant").notNull(),
    thread: keyText("thread").notNull(),
    key: uuid("key").notNull(),
    epoch: integer("epoch").notNull().default(1),
    nextLog: integer("next_log").notNull().default(0),
    seq: integer("seq").notNull().default(0),
    deletedTo: keyText("deleted_to"),
    ttlMs: bigint("ttl_ms", { mode: "number" }),
    ttlIsOwn: boolean("ttl_is_own").notNull().default(false),
    expiresAt: timestamp("expires_at", { withTimezone: true }),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.thread] }),
    uniqueIndex("thread_key").on(table.key),
    index("thread_expiry").on(table.tenant, table.expiresAt),
  ],
);
