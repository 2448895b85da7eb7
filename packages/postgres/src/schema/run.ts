import { bigint, index, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import type { RunStatus } from "@wflo/core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** One row a run. `input` and `result` are texts of the codec. */
export const run = wfloSchema.table(
  "run",
  {
    tenant: keyText("tenant").notNull(),
    id: uuid("id").notNull(),
    workflow: keyText("workflow").notNull(),
    input: text("input").notNull(),
    budgetIds: keyText("budget_ids").array().notNull(),
    tags: text("tags").array().notNull(),
    traceId: text("trace_id").notNull(),
    threadId: keyText("thread_id").notNull(),
    forkedFromRun: uuid("forked_from_run"),
    forkedFromCheckpoint: keyText("forked_from_checkpoint"),
    status: keyText("status").$type<RunStatus>().notNull(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    heartbeatAt: timestamp("heartbeat_at", { withTimezone: true }).notNull(),
    endedAt: timestamp("ended_at", { withTimezone: true }),
    result: text("result"),
    error: text("error"),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.id] }),
    index("run_created").on(table.tenant, table.createdAt, table.id),
  ],
);
