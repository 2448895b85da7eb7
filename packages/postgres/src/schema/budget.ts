import { bigint, boolean, doublePrecision, primaryKey, text } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** What budgets are set to. Caps in nano-dollars; a cap that is null does not limit. Days and months follow the calendar of `zone`. */
export const budget = wfloSchema.table(
  "budget",
  {
    tenant: keyText("tenant").notNull(),
    id: keyText("id").notNull(),
    capTotal: bigint("cap_total", { mode: "bigint" }),
    capDay: bigint("cap_day", { mode: "bigint" }),
    capMonth: bigint("cap_month", { mode: "bigint" }),
    zone: text("zone").notNull().default("UTC"),
    warnAt: doublePrecision("warn_at").array().notNull().default([]),
    onExpiry: text("on_expiry", { enum: ["charge", "release"] })
      .notNull()
      .default("charge"),
    paused: boolean("paused").notNull().default(false),
    parent: keyText("parent"),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.id] })],
);
