import { sql } from "drizzle-orm";
import { bigint, boolean, index, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** Open holds. The window arrays are parallel and in lock order; `budgetIds` also names budgets without a cap. Nano-dollars. */
export const hold = wfloSchema.table(
  "hold",
  {
    tenant: keyText("tenant").notNull(),
    callId: uuid("call_id").notNull(),
    budgetIds: keyText("budget_ids").array().notNull(),
    windowBudgetIds: keyText("window_budget_ids").array().notNull(),
    windowKinds: keyText("window_kinds").array().notNull(),
    windowStarts: timestamp("window_starts", { withTimezone: true, mode: "string" }).array().notNull(),
    amount: bigint("amount", { mode: "bigint" }).notNull(),
    bound: bigint("bound", { mode: "bigint" }).notNull(),
    chargeOnExpiry: boolean("charge_on_expiry").notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    runId: uuid("run_id"),
    epoch: bigint("epoch", { mode: "number" }),
    step: text("step"),
    agent: text("agent"),
    checkpointId: keyText("checkpoint_id"),
    thread: keyText("thread"),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    wanted: boolean("wanted").notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.callId] }),
    index("hold_expires_at").on(table.expiresAt),
    index("hold_lease")
      .on(table.tenant)
      .where(sql`provider = 'wflo' and model = 'lease'`),
  ],
);
