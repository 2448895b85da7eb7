import { afterAll, describe } from "vitest";
import { storageCases } from "./workflows-storage-conformance.ts";
import { hostileCases } from "./workflows-storage-hostile-cases.ts";
import { openServer } from "./workflows-storage-server.ts";
import { newStorage } from "./workflows-storage-stores.ts";

describe("a storage on PostgreSQL", () => {
  const database = openServer();
  afterAll(() => database.close());
  storageCases(() => newStorage(database));
  hostileCases(() => newStorage(database));
});
