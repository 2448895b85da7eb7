import { afterAll, describe, expect, test } from "vitest";
import { WfloStore } from "../src/index.ts";
import { playItems } from "./random-items.ts";
import { storeCases } from "./store-cases.ts";
import { storeGraphCases } from "./store-graph-cases.ts";
import { newTenant, openServer } from "./test-server.ts";

describe("a store on PostgreSQL", () => {
  const database = openServer();
  const common = newTenant();
  afterAll(() => database.close());
  storeCases((tenant = common) => new WfloStore({ database, tenant }));
  storeGraphCases(database, newTenant());

  test.each([1, 2, 3, 4])("answers as InMemoryStore does (seed %i)", { timeout: 120_000 }, async (seed) => {
    const store = new WfloStore({ database, tenant: newTenant() });
    expect(await playItems(store, seed, 250)).toBeGreaterThan(400);
  });

  test("pages through ten thousand items, each once", { timeout: 120_000 }, async () => {
    const store = new WfloStore({ database, tenant: newTenant() });
    const keys = Array.from({ length: 10_000 }, (_, place) => `item ${String(place).padStart(5, "0")}`);
    for (let from = 0; from < keys.length; from += 1_000) {
      const puts = keys.slice(from, from + 1_000);
      await store.batch(
        puts.map((key) => ({ namespace: ["many"], key, value: { key, even: from % 2_000 === 0 } })),
      );
    }
    const found: string[] = [];
    for (let offset = 0; offset < keys.length; offset += 500) {
      found.push(...(await store.search(["many"], { limit: 500, offset })).map(({ key }) => key));
    }
    expect(found.toSorted()).toEqual(keys);
    expect(found.slice(0, 2)).toEqual(["item 09000", "item 09001"]);
    expect(await store.search([], { filter: { even: true }, limit: 10_000 })).toHaveLength(5_000);
  });
});
