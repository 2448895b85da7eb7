import type { ItemPut } from "@wflo/core";
import { expect, test } from "vitest";
import { useDatabase } from "./support/use-database.ts";

const database = useDatabase();
const SLOW = { timeout: 120_000 };
const KEYS = Array.from({ length: 8 }, (_, place) => `item ${place}`);

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

function puts(round: number): readonly ItemPut[] {
  return shuffled(KEYS).map((key, place) => ({
    namespace: ["shared"],
    key,
    value: place % 3 === 0 ? undefined : `{"round":${round}}`,
  }));
}

const read = { gets: [], searches: [], listings: [], puts: [] };

test(
  "batches that put and delete the same items in any order never wait for each other in a circle",
  SLOW,
  async () => {
    const store = database.open({ max: 8 });
    for (let round = 0; round < 15; round += 1) {
      const batches = Array.from({ length: 8 }, () =>
        store.items.batch("acme", { ...read, puts: puts(round) }),
      );
      await Promise.all(batches);
    }
    // A deadlock is resolved by sending the statement again, so only the server has seen it; it says so when a connection ends.
    await database.closeAll();
    const [row] = await database.query(
      "select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()",
    );
    expect(row).toEqual({ deadlocks: 0 });
  },
);

test("the searches of a batch see one moment, and a batch is seen whole or not at all", SLOW, async () => {
  const store = database.open({ max: 8 });
  const all = KEYS.map((key) => ({ namespace: ["moment"], key }));
  let isOver = false;
  const writer = async (name: string): Promise<void> => {
    for (let round = 0; round < 25; round += 1) {
      const value = `{"by":"${name} ${round}"}`;
      await store.items.batch("acme", { ...read, puts: shuffled(all).map((place) => ({ ...place, value })) });
    }
  };
  const search = { prefix: ["moment"], conditions: [], limit: 100, offset: 0 };
  const reader = async (): Promise<void> => {
    while (!isOver) {
      const { gets, searches } = await store.items.batch("acme", {
        ...read,
        gets: all,
        searches: [search, search],
      });
      const seen = [...gets, ...searches.flat()].map((item) => item?.value);
      expect(new Set(seen).size).toBe(1);
    }
  };
  await writer("first");
  const reading = [reader(), reader()];
  await Promise.all(["a", "b", "c"].map(writer));
  isOver = true;
  await Promise.all(reading);
});

test("an item put by many at once is made once", async () => {
  const store = database.open({ max: 8 });
  const place = { namespace: ["once"], key: "k" };
  const put = (n: number) =>
    store.items.batch("acme", { ...read, puts: [{ ...place, value: `{"n":${n}}` }] });
  await Promise.all(Array.from({ length: 40 }, (_, n) => put(n)));
  const [item] = (await store.items.batch("acme", { ...read, gets: [place] })).gets;
  await put(99);
  const [later] = (await store.items.batch("acme", { ...read, gets: [place] })).gets;
  expect(later?.createdAt).toEqual(item?.createdAt);
  expect(Number(later?.updatedAt)).toBeGreaterThanOrEqual(Number(item?.updatedAt));
  expect(JSON.parse(later?.value ?? "")).toEqual({ n: 99 });
});

test("names as long as they may be fit into the indexes", async () => {
  const store = database.open();
  // No two alike, so that nothing can be compressed.
  const random = (bytes: number) =>
    Array.from({ length: bytes }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join("");
  const tenant = random(1_300);
  const namespace = Array.from({ length: 32 }, () => random(31));
  const place = { namespace, key: random(1_000) };
  await store.items.batch(tenant, { ...read, puts: [{ ...place, value: "{}" }] });
  const search = { prefix: namespace.slice(0, 31), conditions: [], limit: 1, offset: 0 };
  const { gets, searches } = await store.items.batch(tenant, { ...read, gets: [place], searches: [search] });
  expect(gets).toMatchObject([place]);
  expect(searches).toEqual([gets]);
});
