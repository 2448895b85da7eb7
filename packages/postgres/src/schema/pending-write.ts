import { integer, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { bytes } from "./bytes.ts";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** What tasks of frameworks wrote, beside the checkpoints they started from: parallel arrays, one row a task. */
export const pendingWrite = wfloSchema.table(
  "pending_write",
  {
    threadKey: uuid("thread_key").notNull(),
    namespace: keyText("namespace").notNull(),
    checkpointId: keyText("checkpoint_id").notNull(),
    taskId: keyText("task_id").notNull(),
    taskPath: keyText("task_path").notNull(),
    indexes: integer("indexes").array().notNull(),
    codecs: smallint("codecs").array().notNull(),
    channels: text("channels").array().notNull(),
    texts: text("texts").array(),
    packed: bytes("packed").array(),
  },
  (table) => [primaryKey({ columns: [table.threadKey, table.namespace, table.checkpointId, table.taskId] })],
);
