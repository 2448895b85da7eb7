import { memoryDatabase } from "@wflo/core";
import { InMemoryStore } from "@mastra/core/storage";
import { LibSQLStore } from "@mastra/libsql";
import { describe } from "vitest";
import { storageCases } from "./workflows-storage-conformance.ts";
import { newStorage } from "./workflows-storage-stores.ts";

describe("Mastra's own storage in memory", () => {
  storageCases(async () => (await new InMemoryStore().getStore("workflows")) as never, { isDurable: false });
});

describe("Mastra's own storage on libSQL", () => {
  let count = 0;
  storageCases(async () => {
    const store = new LibSQLStore({ id: `l${(count += 1)}`, url: "file::memory:" });
    await store.init();
    return (await store.getStore("workflows")) as never;
  });
});

describe("a storage in memory", () => {
  storageCases(() => newStorage(memoryDatabase()));
});
