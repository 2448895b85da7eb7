import type { Item, ItemCondition, ItemSearch, NamespaceListing } from "@wflo/core";
import { bentBatch } from "./broken-items.ts";
import type { BrokenStore } from "./broken-store.ts";

/** A store that looks for something else. */
function bentSearch(name: string, breaks: string, bend: (search: ItemSearch) => ItemSearch): BrokenStore {
  return bentBatch(name, breaks, (batch, answer) => answer({ ...batch, searches: batch.searches.map(bend) }));
}

/** A store that asks something else of values. */
function bentCondition(
  name: string,
  breaks: string,
  bend: (condition: ItemCondition) => ItemCondition,
): BrokenStore {
  return bentSearch(name, breaks, (search) => ({ ...search, conditions: search.conditions.map(bend) }));
}

/** A store that looks for more, and then keeps what `keeps` says. */
function bentPage(
  name: string,
  breaks: string,
  more: (search: ItemSearch) => ItemSearch,
  keeps: (item: Item, search: ItemSearch) => boolean,
): BrokenStore {
  return bentBatch(name, breaks, async (batch, answer) => {
    const answers = await answer({ ...batch, searches: batch.searches.map(more) });
    const searches = answers.searches.map((page, place) =>
      page.filter((item) => keeps(item, batch.searches[place] as ItemSearch)),
    );
    return { ...answers, searches };
  });
}

/** A store that lists something else. */
function bentListing(
  name: string,
  breaks: string,
  bend: (listing: NamespaceListing) => NamespaceListing,
  sorts: (found: readonly (readonly string[])[]) => readonly (readonly string[])[] = (found) => found,
): BrokenStore {
  return bentBatch(name, breaks, async (batch, answer) => {
    const answers = await answer({ ...batch, listings: batch.listings.map(bend) });
    return { ...answers, listings: answers.listings.map(sorts) };
  });
}

const same = (search: ItemSearch) => search;
const isText = ({ operand }: ItemCondition) =>
  operand.startsWith('"') && Number.isNaN(Number(JSON.parse(operand)));

function byUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Where a path leads if one may go into anything. */
function partOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part as Record<string, unknown> | null | undefined)?.[key],
    value,
  );
}

/** Stores that find too much, too little, or in another order. */
export const brokenItemSearches: readonly BrokenStore[] = [
  bentPage(
    "takes prefixes for texts",
    "finds what is under a prefix, label by label",
    (search) => ({ ...search, prefix: [] }),
    ({ namespace }, { prefix }) => namespace.join("/").startsWith(prefix.join("/")),
  ),
  bentBatch(
    "sorts items by the units of their keys",
    "finds the last updated first, then by namespace and key, texts by their bytes",
    async (batch, answer) => {
      const answers = await answer(batch);
      const order = (one: Item, other: Item) =>
        Number(other.updatedAt) - Number(one.updatedAt) ||
        byUnits(one.namespace.join("/"), other.namespace.join("/")) ||
        byUnits(one.key, other.key);
      return { ...answers, searches: answers.searches.map((page) => page.toSorted(order)) };
    },
  ),
  bentSearch("begins pages one item late", "gives pages of what it finds", (search) => ({
    ...search,
    offset: search.offset && search.offset + 1,
  })),
  bentPage(
    "compares objects as texts",
    "finds what is the same, the order of keys aside",
    same,
    ({ value }, { conditions }) =>
      conditions.every(({ comparison, operand }) => comparison !== "eq" || value.includes(operand)),
  ),
  bentPage(
    "goes into lists",
    "looks inside objects, and not inside lists and texts",
    (search) =>
      search.conditions.some(({ path }) => path.length === 2) ? { ...search, conditions: [] } : search,
    ({ value }, { conditions }) =>
      conditions.every(
        ({ path, operand }) =>
          path.length !== 2 || JSON.stringify(partOf(JSON.parse(value), path)) === operand,
      ),
  ),
  bentPage(
    "leaves out what is missing",
    "finds what differs or is missing",
    same,
    ({ value }, { conditions }) =>
      conditions.every(
        ({ path, comparison }) => comparison !== "ne" || partOf(JSON.parse(value), path) !== undefined,
      ),
  ),
  bentCondition("knows no lists in lists", "finds what is in a list", (condition) => {
    if (condition.comparison !== "in") return condition;
    const items = (JSON.parse(condition.operand) as unknown[]).filter((item) => !Array.isArray(item));
    return { ...condition, operand: JSON.stringify(items) };
  }),
  bentSearch(
    "compares as numbers only",
    "compares numbers with numbers and numerals, texts with texts",
    (search) => {
      const ordered = search.conditions.filter(({ comparison }) => /^[gl]t/.test(comparison));
      return ordered.some(isText) ? { ...search, limit: 0 } : search;
    },
  ),
  bentSearch("asks for the first condition", "asks for all conditions, whatever their texts", (search) => ({
    ...search,
    conditions: search.conditions.slice(0, 1),
  })),
  bentListing(
    "sorts namespaces by units",
    "lists the namespaces that have items, each once, by the bytes of their labels",
    (listing) => listing,
    (found) => found.toSorted((one, other) => byUnits(one.join("/"), other.join("/"))),
  ),
  bentListing("takes a star for any label", "lists namespaces by how they begin and end", (listing) => ({
    ...listing,
    matches: listing.matches.map(({ end, labels }) => ({
      end,
      labels: labels.map((label) => (label === "*" ? undefined : label)),
    })),
  })),
  bentListing(
    "does not cut what it matched",
    "cuts namespaces after they are matched, and lists what is the same then once",
    ({ maxDepth, ...listing }) => ({
      ...listing,
      maxDepth: listing.matches.length > 0 && maxDepth !== undefined ? undefined : maxDepth,
    }),
  ),
];
