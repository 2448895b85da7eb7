import { bigint, doublePrecision, index, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { bytes } from "./bytes.ts";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** The saved results of a run's steps; `seq` is the order in which they were saved. */
export const step = wfloSchema.table(
  "step",
  {
    tenant: keyText("tenant").notNull(),
    runId: uuid("run_id").notNull(),
    keyHash: bytes("key_hash").notNull(),
    path: text("path").notNull(),
    checkpointId: keyText("checkpoint_id"),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    seq: bigint("seq", { mode: "number" }).notNull(),
    result: text("result").notNull(),
    tookMs: doublePrecision("took_ms").notNull(),
    savedAt: timestamp("saved_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.runId, table.keyHash] }),
    index("step_seq").on(table.tenant, table.runId, table.seq),
  ],
);
