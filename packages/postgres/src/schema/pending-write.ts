import { integer, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** What tasks of frameworks wrote, beside the checkpoints they started from. */
export const pendingWrite = wfloSchema.table(
  "pending_write",
  {
    threadKey: uuid("thread_key").notNull(),
    index: integer("index").notNull(),
    codec: smallint("codec").notNull(),
    namespace: keyText("namespace").notNull(),
    checkpointId: keyText("checkpoint_id").notNull(),
    taskId: keyText("task_id").notNull(),
    taskPath: keyText("task_path").notNull(),
    channel: keyText("channel").notNull(),
    text: text("text").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.threadKey, table.namespace, table.checkpointId, table.taskId, table.index] }),
  ],
);
