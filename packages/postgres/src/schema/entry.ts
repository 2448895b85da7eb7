import { sql } from "drizzle-orm";
import { bigint, boolean, index, jsonb, primaryKey, timestamp, uuid } from "drizzle-orm/pg-core";
import type { EntryKind } from "@wflo/core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** So many characters of a thread's name are in the index by which its entries are found. */
export const THREAD_INDEXED = 200;

/**
 * The append-only ledger. `charged` is the change of `spent`, `total` what the call adds up to with this entry. Nano-dollars.
 * What comes after `receipt` is taken out of it when it is written.
 */
export const entry = wfloSchema.table(
  "entry",
  {
    tenant: keyText("tenant").notNull(),
    id: uuid("id").notNull(),
    callId: uuid("call_id").notNull(),
    kind: keyText("kind").$type<EntryKind>().notNull(),
    budgetIds: keyText("budget_ids").array().notNull(),
    windowBudgetIds: keyText("window_budget_ids").array().notNull(),
    windowKinds: keyText("window_kinds").array().notNull(),
    windowStarts: timestamp("window_starts", { withTimezone: true, mode: "string" }).array().notNull(),
    held: bigint("held", { mode: "bigint" }).notNull(),
    charged: bigint("charged", { mode: "bigint" }).notNull(),
    overrun: bigint("overrun", { mode: "bigint" }).notNull(),
    total: bigint("total", { mode: "bigint" }).notNull(),
    at: timestamp("at", { withTimezone: true }).notNull(),
    runId: uuid("run_id"),
    step: keyText("step"),
    agent: keyText("agent"),
    checkpointId: keyText("checkpoint_id"),
    thread: keyText("thread"),
    provider: keyText("provider").notNull(),
    model: keyText("model").notNull(),
    receipt: jsonb("receipt").$type<Readonly<Record<string, unknown>>>().notNull(),
    inputTokens: bigint("input_tokens", { mode: "number" }).notNull().default(0),
    outputTokens: bigint("output_tokens", { mode: "number" }).notNull().default(0),
    latencyMs: bigint("latency_ms", { mode: "number" }).notNull().default(0),
    failed: boolean("failed").notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.id] }),
    index("entry_call").on(table.tenant, table.callId),
    index("entry_run")
      .on(table.tenant, table.runId, table.id)
      .where(sql`run_id is not null`),
    index("entry_thread")
      .on(table.tenant, sql`"left"(thread, ${sql.raw(String(THREAD_INDEXED))})`, table.id)
      .where(sql`thread is not null`),
    index("entry_doubt")
      .on(table.tenant, table.id)
      .where(sql`kind in ('doubt', 'expire')`),
  ],
);
