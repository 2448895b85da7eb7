import { pglite } from "@wflo/postgres/pglite";
import { afterAll, describe } from "vitest";
import { storageCases } from "./workflows-storage-conformance.ts";
import { hostileCases } from "./workflows-storage-hostile-cases.ts";
import { newStorage } from "./workflows-storage-stores.ts";

describe("a storage on PGlite", () => {
  const database = pglite();
  afterAll(() => database.close());
  storageCases(() => newStorage(database));
  hostileCases(() => newStorage(database));
});
