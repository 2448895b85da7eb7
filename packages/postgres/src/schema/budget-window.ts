import { bigint, doublePrecision, primaryKey, timestamp } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** The rows that money is counted on: one cap of one budget in one stretch of time. `start` of a total is -infinity. Nano-dollars. */
export const budgetWindow = wfloSchema.table(
  "budget_window",
  {
    tenant: keyText("tenant").notNull(),
    id: keyText("id").notNull(),
    kind: keyText("kind").notNull(),
    start: timestamp("start", { withTimezone: true, mode: "string" }).notNull(),
    cap: bigint("cap", { mode: "bigint" }).notNull(),
    spent: bigint("spent", { mode: "bigint" }).notNull().default(0n),
    reserved: bigint("reserved", { mode: "bigint" }).notNull().default(0n),
    overrun: bigint("overrun", { mode: "bigint" }).notNull().default(0n),
    /** The highest share that was told. */
    warned: doublePrecision("warned").notNull().default(0),
    /** The amount at which the next one is told; null for none. */
    nextWarning: bigint("next_warning", { mode: "bigint" }),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.kind, table.start, table.id] })],
);
