import { bigint, doublePrecision, primaryKey, text } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** What budgets are made of that nobody set and whose ids begin with `prefix`. Caps in nano-dollars; a cap that is null does not limit. */
export const budgetDefault = wfloSchema.table(
  "budget_default",
  {
    tenant: keyText("tenant").notNull(),
    prefix: keyText("prefix").notNull(),
    capTotal: bigint("cap_total", { mode: "bigint" }),
    capDay: bigint("cap_day", { mode: "bigint" }),
    capMonth: bigint("cap_month", { mode: "bigint" }),
    zone: text("zone").notNull().default("UTC"),
    warnAt: doublePrecision("warn_at").array().notNull().default([]),
    onExpiry: text("on_expiry", { enum: ["charge", "release"] })
      .notNull()
      .default("charge"),
    parent: keyText("parent"),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.prefix] })],
);
