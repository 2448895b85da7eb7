import type { Item, ItemAnswers, ItemBatch, Namespace } from "@wflo/core";
import { readStorableJson } from "./storable-json.ts";

/** One row of the answer to a batch: of which read it is, and an item, or a namespace alone. Times in milliseconds. */
export type ItemCells = readonly [
  kind: "get" | "search" | "listing",
  place: string,
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
  const found: (Item | undefined)[] = gets.map(() => undefined);
  const pages: Item[][] = searches.map(() => []);
  const listed: Namespace[][] = listings.map(() => []);
  for (const row of rows) {
    const place = Number(row[1]);
    switch (row[0]) {
      case "get":
        found[place] = readItem(row);
        break;
      case "search":
        pages[place]?.push(readItem(row));
        break;
      case "listing":
        listed[place]?.push(row[2]);
        break;
    }
  }
  return { gets: found, searches: pages, listings: listed };
}

function readItem([, , namespace, key, value, createdAt, updatedAt]: ItemCells): Item {
  return {
    namespace,
    key,
    value: readStorableJson(value),
    createdAt: new Date(Number(createdAt)),
    updatedAt: new Date(Number(updatedAt)),
  };
}
