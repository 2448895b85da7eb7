import { index, jsonb, primaryKey, timestamp, uuid } from "drizzle-orm/pg-core";
import { keyText } from "./key-text.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** What agents remember across threads; `id` is made by `item-id.ts`, `value` by `storable-json.ts`. */
export const item = wfloSchema.table(
  "item",
  {
    tenant: keyText("tenant").notNull(),
    id: uuid("id").notNull(),
    namespace: keyText("namespace").array().notNull(),
    key: keyText("key").notNull(),
    value: jsonb("value").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    updatedAt: timestamp("updated_at", { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant, table.id] }),
    index("item_namespace").on(table.tenant, table.namespace),
  ],
);
