import { customType } from "drizzle-orm/pg-core";

/** Text that sorts by bytes, as JavaScript clients of the ledger expect of keys. */
export const keyText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
});
