import { integer, primaryKey, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/**
 * One row for each thread that ever had a checkpoint. `key` stands for it in the other tables; `seq` counts its checkpoints;
 * `deleted_to` is the greatest id that was deleted.
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
  },
  (table) => [primaryKey({ columns: [table.tenant, table.thread] }), uniqueIndex("thread_key").on(table.key)],
);
