import type { Item, ItemAnswers, ItemBatch, Namespace } from "@wflo/core";
import { itemId } from "./item-id.ts";
import { readStorableJson } from "./storable-json.ts";

/** One row of the answer to a batch: the id or the number of what was asked, and an item, or a namespace alone. Times in seconds. */
export type ItemCells = readonly [
  kind: "get" | "search" | "listing",
  of: string,
  namespace: Namespace,
  key: string,
  value: string,
  createdAt: string,
  updatedAt: string,
];

/** Gives each read of a batch its rows, in the order in which they came. */
export function readAnswers(
  rows: readonly ItemCells[],
  { gets, searches, listings }: ItemBatch,
): ItemAnswers {
  const found = new Map<string, Item>();
  const pages: Item[][] = searches.map(() => []);
  const listed: Namespace[][] = listings.map(() => []);
  for (const row of rows) {
    const [kind, of, namespace] = row;
    switch (kind) {
      case "get":
        found.set(of, readItem(row));
        break;
      case "search":
        pages[Number(of)]?.push(readItem(row));
        break;
      case "listing":
        listed[Number(of)]?.push(namespace);
        break;
    }
  }
  return { gets: gets.map((place) => found.get(itemId(place))), searches: pages, listings: listed };
}

function readItem([, , namespace, key, value, createdAt, updatedAt]: ItemCells): Item {
  return {
    namespace,
    key,
    value: readStorableJson(value),
    createdAt: dateOf(createdAt),
    updatedAt: dateOf(updatedAt),
  };
}

/** Cut to whole milliseconds; by way of microseconds, which are whole. */
function dateOf(seconds: string): Date {
  return new Date(Math.floor(Math.round(Number(seconds) * 1_000_000) / 1_000));
}
