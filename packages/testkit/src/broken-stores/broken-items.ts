import type { Item, ItemAnswers, ItemBatch, ItemPlace, ItemPut } from "@wflo/core";
import { withMethods, type BrokenStore } from "./broken-store.ts";

type Answer = (batch: ItemBatch) => Promise<ItemAnswers>;

/** A store that does something else with the batches it is given. */
export function bentBatch(
  name: string,
  breaks: string,
  bend: (batch: ItemBatch, answer: Answer, now: () => number) => Promise<ItemAnswers>,
): BrokenStore {
  return {
    name,
    breaks,
    wrap({ items, ...database }, now) {
      const batch = (tenant: string, given: ItemBatch) =>
        bend(given, (bent) => items.batch(tenant, bent), now);
      return withMethods({ ...database, items }, { items: { batch } });
    },
  };
}

/** A store that gives items back as `bend` makes them. */
function bentItems(
  name: string,
  breaks: string,
  reads: "gets" | "searches",
  bend: (item: Item, now: () => number) => Item,
): BrokenStore {
  return bentBatch(name, breaks, async (batch, answer, now) => {
    const { gets, searches, listings } = await answer(batch);
    const bent = (item: Item) => bend(item, now);
    return reads === "gets"
      ? { gets: gets.map((item) => item && bent(item)), searches, listings }
      : { gets, searches: searches.map((page) => page.map(bent)), listings };
  });
}

/** A store that puts something else, or elsewhere. */
function bentPuts(
  name: string,
  breaks: string,
  bend: (puts: readonly ItemPut[]) => readonly ItemPut[],
): BrokenStore {
  return bentBatch(name, breaks, (batch, answer) => answer({ ...batch, puts: bend(batch.puts) }));
}

const remembersBirths: BrokenStore = {
  name: "remembers when a deleted item was made",
  breaks: "deletes an item, and makes it anew when it is put again",
  wrap(database, now) {
    const births = new Map<string, number>();
    const bend = async (tenant: string, batch: ItemBatch): Promise<ItemAnswers> => {
      for (const put of batch.puts) births.set(placeOf(put), births.get(placeOf(put)) ?? now());
      const answers = await database.items.batch(tenant, batch);
      const born = (item: Item) => new Date(births.get(placeOf(item)) ?? item.createdAt);
      return { ...answers, gets: answers.gets.map((item) => item && { ...item, createdAt: born(item) }) };
    };
    return withMethods(database, { items: { batch: bend } });
  },
};

function placeOf({ namespace, key }: ItemPlace): string {
  return JSON.stringify([namespace, key]);
}

function splitCommas<Place extends ItemPlace>(place: Place): Place {
  const namespace = place.namespace.flatMap((label) => (/^\w+,\w+$/.test(label) ? label.split(",") : label));
  return { ...place, namespace };
}

/** Stores that lose items, mix them up, or lie about when they were made. */
export const brokenItems: readonly BrokenStore[] = [
  bentItems("joins labels by colons", "gives an item back as it was put", "gets", (item) => ({
    ...item,
    namespace: item.namespace.flatMap((label) => label.split(":")),
  })),
  bentPuts("drops lone surrogates", "gives back values of any text, number and key", (puts) =>
    puts.map((put) => ({ ...put, value: put.value?.replaceAll("\\udfff", "") })),
  ),
  bentItems(
    "says that an item was made when it was changed",
    "keeps when an item was made, and moves when it was changed",
    "searches",
    (item) => ({ ...item, createdAt: item.updatedAt }),
  ),
  bentItems(
    "follows a clock that goes back",
    "never says that a change came before the last one",
    "gets",
    (item, now) => ({ ...item, updatedAt: new Date(Math.min(Number(item.updatedAt), now())) }),
  ),
  remembersBirths,
  bentBatch(
    "puts before it reads",
    "lets the reads of a batch see what was there before its puts",
    async (batch, answer) => {
      await answer({ gets: [], searches: [], listings: [], puts: batch.puts });
      return answer({ ...batch, puts: [] });
    },
  ),
  bentBatch(
    "answers searches from the last to the first",
    "answers each read of a batch at its place",
    async (batch, answer) => {
      const answers = await answer(batch);
      return { ...answers, searches: answers.searches.toReversed() };
    },
  ),
  bentPuts(
    "lets the first put of a batch count",
    "lets the last put of a place in a batch count, as if it were the only one",
    (puts) => puts.toReversed(),
  ),
  bentBatch(
    "joins labels by commas",
    "keeps places apart that look alike when they are joined",
    (batch, answer) =>
      answer({ ...batch, gets: batch.gets.map(splitCommas), puts: batch.puts.map(splitCommas) }),
  ),
  {
    name: "mixes the items of tenants",
    breaks: "keeps the items of tenants apart",
    wrap(database) {
      const batch = (_: string, given: ItemBatch) => database.items.batch("acme", given);
      return withMethods(database, { items: { batch } });
    },
  },
];
