import { sql } from "drizzle-orm";
import { index, integer, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import type { CheckpointKind } from "@wflo/core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** The checkpoints of all threads; `seq` is the order in which those of one thread were saved, `pieces` are written by `pieces-text.ts`. */
export const checkpoint = wfloSchema.table(
  "checkpoint",
  {
    savedAt: timestamp("saved_at", { withTimezone: true }).notNull(),
    seq: integer("seq").notNull(),
    threadKey: uuid("thread_key").notNull(),
    tenant: keyText("tenant").notNull(),
    namespace: keyText("namespace").notNull(),
    id: keyText("id").notNull(),
    parentId: keyText("parent_id"),
    kind: keyText("kind").$type<CheckpointKind>().notNull(),
    name: keyText("name").notNull(),
    step: text("step"),
    manifest: text("manifest").notNull(),
    pieces: text("pieces").notNull(),
    metadata: text("metadata").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.threadKey, table.namespace, table.id] }),
    index("checkpoint_id").on(table.tenant, table.id),
    index("checkpoint_behind")
      .on(table.threadKey, table.namespace, table.parentId)
      .where(sql`id < parent_id`),
  ],
);
