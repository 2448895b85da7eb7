import { pglite } from "@wflo/postgres/pglite";
import { afterAll, beforeAll, describe } from "vitest";
import { storageCases } from "./workflows-storage-conformance.ts";
import { hostileCases } from "./workflows-storage-hostile-cases.ts";
import { newStorage } from "./workflows-storage-stores.ts";

describe("a storage on PGlite", () => {
  const database = pglite();
  // The first test does not wait for it: on a busy machine it takes as long as a test may.
  beforeAll(() => database.migrate());
  afterAll(() => database.close());
  storageCases(() => newStorage(database));
  hostileCases(() => newStorage(database));
});
