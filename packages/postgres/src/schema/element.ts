import { integer, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { bytes } from "./bytes.ts";
import { wfloSchema } from "./wflo-schema.ts";

/** The values that states are made of; never changed. Either `text` or `packed`, see `packed-text.ts`. */
export const element = wfloSchema.table(
  "element",
  {
    threadKey: uuid("thread_key").notNull(),
    log: integer("log").notNull(),
    position: integer("position").notNull(),
    codec: smallint("codec").notNull(),
    text: text("text"),
    packed: bytes("packed"),
  },
  (table) => [primaryKey({ columns: [table.threadKey, table.log, table.position] })],
);
