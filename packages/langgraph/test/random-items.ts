import { InMemoryStore, type BaseStore, type Item, type Operation } from "@langchain/langgraph-checkpoint";
import { expect } from "vitest";
import { numbersFrom } from "./random-threads.ts";

type Below = (limit: number) => number;

const LABELS = ["a", "b", "ab", "c"];
const KEYS = ["k", "k2", "__proto__", "constructor", "a' OR 1=1 --", "ü😀"];
const NUMBERS = [0, 1, -1.5, 7, "7", "10", "none", undefined];
const TAGS = ["red", "blue", "", "7", null, true, false, undefined];

/** Two stores are given the same operations; everything they answer must be the same. Returns how many answers there were. */
export async function playItems(store: BaseStore, seed: number, moves: number): Promise<number> {
  const below = numbersFrom(seed);
  const known = new InMemoryStore();
  const births = new Map<string, readonly [known: Date, ours: Date]>();
  let answers = 0;
  for (let move = 0; move < moves; move += 1) {
    const operations = comparableOnes(Array.from({ length: 1 + below(5) }, () => operationOf(below, move)));
    const [theirs, ours] = [
      await known.batch(structuredClone(operations)),
      await store.batch(structuredClone(operations)),
    ];
    expect(ours.map(comparable)).toEqual(theirs.map(comparable));
    forgetEmptied(known);
    answers += ours.length;
    if (move % 10 === 0) await compareAll(known, store, births, below);
  }
  return answers;
}

/** Without gets of what is put in the same batch: InMemoryStore changes the item that it has answered with. */
function comparableOnes(operations: readonly Operation[]): Operation[] {
  const placeOf = (operation: Operation) =>
    "key" in operation ? JSON.stringify([operation.namespace, operation.key]) : undefined;
  const put = new Set(operations.filter((operation) => "value" in operation).map(placeOf));
  return operations.filter(
    (operation) => "value" in operation || !("key" in operation) || !put.has(placeOf(operation)),
  );
}

/** InMemoryStore lists namespaces that have no item any more. */
function forgetEmptied(known: InMemoryStore): void {
  const { data } = known as unknown as { data: Map<string, Map<string, unknown>> };
  for (const [namespace, items] of data) if (items.size === 0) data.delete(namespace);
}

/** Without times and order, in which the two differ. */
function comparable(answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer === null ? null : told(answer as Item);
  const texts = (answer as (Item | string[])[]).map((one) => (Array.isArray(one) ? one : told(one)));
  return texts.map((one) => JSON.stringify(one)).toSorted();
}

function told({ namespace, key, value }: Item): unknown {
  const sorted = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return [namespace, key, sorted.filter(([, part]) => part !== undefined)];
}

/** Births and pages: an item is as old as in the other store, and pages are the whole list in pieces. */
async function compareAll(
  known: BaseStore,
  store: BaseStore,
  births: Map<string, readonly [known: Date, ours: Date]>,
  below: Below,
): Promise<void> {
  const theirs = await known.search([], { limit: 1_000 });
  const ours = await store.search([], { limit: 1_000 });
  const place = ({ namespace, key }: Item) => JSON.stringify([namespace, key]);
  const createdAt = new Map(ours.map((item) => [place(item), item.createdAt]));
  for (const item of theirs) {
    const [before, own] = [births.get(place(item)), createdAt.get(place(item))];
    if (own === undefined) throw new Error(`there is no ${place(item)}`);
    // InMemoryStore keeps the Date itself for as long as the item lives.
    if (before?.[0] === item.createdAt) expect(own).toEqual(before[1]);
    births.set(place(item), [item.createdAt, own]);
  }
  const times = ours.map(({ updatedAt }) => Number(updatedAt));
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  const limit = 1 + below(7);
  const pages: Item[] = [];
  for (let offset = 0; offset <= ours.length; offset += limit) {
    pages.push(...(await store.search([], { limit, offset })));
  }
  expect(pages).toEqual(ours);
}

function operationOf(below: Below, move: number): Operation {
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const namespace = Array.from({ length: 1 + below(3) }, () => pick(LABELS));
  const [prefix, suffix] = [namespace.slice(0, below(3)), namespace.slice(0, 1 + below(2))];
  const starred = prefix.map((label) => (below(4) === 0 ? "*" : label));
  switch (below(9)) {
    case 0:
      return { namespace, key: pick(KEYS), value: null };
    case 1:
      return { namespace, key: pick(KEYS) };
    case 2:
    case 3:
      return { namespacePrefix: prefix, filter: filterOf(pick, below), limit: 1_000, offset: 0 };
    case 4: {
      const matchConditions = [
        ...(below(2) ? [{ matchType: "prefix", path: starred } as const] : []),
        ...(below(3) ? [] : [{ matchType: "suffix", path: suffix } as const]),
      ];
      return {
        matchConditions,
        maxDepth: below(2) ? 1 + below(3) : undefined,
        limit: 1_000,
        offset: 0,
      } as Operation;
    }
    default: {
      const value = {
        n: pick(NUMBERS),
        tag: pick(TAGS),
        move,
        "a' OR 1=1 --": { list: [move, "\u0000\ud800"] },
      };
      return { namespace, key: pick(KEYS), value };
    }
  }
}

/** What both stores understand alike. */
function filterOf(pick: <T>(list: readonly T[]) => T, below: Below): Record<string, unknown> {
  const defined = TAGS.filter((tag) => tag !== undefined);
  const filters: Record<string, unknown>[] = [
    {},
    { tag: pick(defined) },
    { n: pick([0, 7, "7"]) },
    { tag: { $ne: pick(defined) } },
    { tag: { $in: [pick(defined), pick(defined)] }, n: { $nin: [7, "none"] } },
    { n: { [pick(["$gt", "$gte", "$lt", "$lte"])]: pick([0, 1, 7, -2, "7", "9.5"]) } },
    { n: { $gt: -1, $lt: 8 }, tag: { $eq: pick(defined) } },
    { constructor: "none" },
    { missing: { $ne: 1 } },
  ];
  return filters[below(filters.length)] ?? {};
}
