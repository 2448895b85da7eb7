import { pgSchema } from "drizzle-orm/pg-core";

/** The SQL schema that holds everything wflo keeps. */
export const wfloSchema = pgSchema("wflo");
