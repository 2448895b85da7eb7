import {
  InvalidOptionError,
  type Item as StoredItem,
  type ItemAnswers,
  type ItemPlace,
  type ItemPut,
  type ItemSearch,
  type NamespaceListing,
  type NamespaceMatch,
} from "@wflo/core";
import type {
  GetOperation,
  Item,
  ListNamespacesOperation,
  MatchCondition,
  Operation,
  PutOperation,
  SearchOperation,
} from "@langchain/langgraph-checkpoint";
import { checkedPage, wholeNumber } from "./checked-page.ts";
import { checkedPath, checkedPlace } from "./checked-place.ts";
import { filterConditions } from "./filter-conditions.ts";
import { itemJson } from "./item-json.ts";

/** LangGraph makes one batch of all that its nodes ask in one turn. */
const MAX_OPERATIONS = 100_000;
/** Of one search. */
const MAX_CONDITIONS = 1_000;
const MAX_DEPTH = 1_000;
const SEARCH_PAGE = 10;
const LISTING_PAGE = 100;

/** What the database is asked, and how its answers become the results of the operations, in their order. */
export interface BatchPlan {
  readonly gets: readonly ItemPlace[];
  readonly searches: readonly ItemSearch[];
  readonly listings: readonly NamespaceListing[];
  readonly puts: readonly ItemPut[];
  readonly results: (answers: ItemAnswers) => unknown[];
}

/** Sorts operations by their kind. Throws for one that cannot be done, and then none is. */
export function planBatch(operations: readonly Operation[]): BatchPlan {
  if (operations.length > MAX_OPERATIONS) {
    throw new InvalidOptionError(`A batch has at most ${MAX_OPERATIONS} operations: send several.`);
  }
  const gets: ItemPlace[] = [];
  const searches: ItemSearch[] = [];
  const listings: NamespaceListing[] = [];
  const puts: ItemPut[] = [];
  const takes = operations.map((operation): ((answers: ItemAnswers) => unknown) => {
    if (isSearch(operation)) {
      const place = searches.push(searchOf(operation)) - 1;
      return (answers) => answers.searches[place]?.map(itemOf);
    }
    if (isPut(operation)) {
      puts.push(putOf(operation));
      return () => null;
    }
    if (isGet(operation)) {
      const place = gets.push(checkedPlace(operation)) - 1;
      return (answers) => itemOrNull(answers.gets[place]);
    }
    const place = listings.push(listingOf(operation)) - 1;
    return (answers) => answers.listings[place]?.map((namespace) => [...namespace]);
  });
  return { gets, searches, listings, puts, results: (answers) => takes.map((take) => take(answers)) };
}

function isSearch(operation: Operation): operation is SearchOperation {
  return "namespacePrefix" in operation;
}

function isPut(operation: Operation): operation is PutOperation {
  return "value" in operation;
}

function isGet(operation: Operation): operation is GetOperation {
  return "key" in operation;
}

function putOf({ value, ...place }: PutOperation): ItemPut {
  return { ...checkedPlace(place), value: value === null ? undefined : itemJson(value) };
}

function searchOf({ namespacePrefix, filter, limit, offset, query }: SearchOperation): ItemSearch {
  if (query) {
    throw new InvalidOptionError(
      "WfloStore makes no embeddings, so it cannot search by meaning: leave query out and use filter, or search a vector store for " +
        "keys and get() their items here.",
    );
  }
  const conditions = filterConditions(filter);
  if (conditions.length > MAX_CONDITIONS)
    throw new InvalidOptionError(`A filter has at most ${MAX_CONDITIONS} conditions: search several times.`);
  return {
    prefix: checkedPath(namespacePrefix),
    conditions,
    ...checkedPage(limit, offset, SEARCH_PAGE),
  };
}

function listingOf(operation: ListNamespacesOperation): NamespaceListing {
  const { matchConditions = [], maxDepth, limit, offset } = operation;
  const isListing = ["matchConditions", "maxDepth", "limit", "offset"].some((key) => key in operation);
  if (!isListing) {
    throw new InvalidOptionError(
      "An operation of a store is a get, a put, a search, or a list of namespaces.",
    );
  }
  return {
    matches: matchConditions.map(matchOf),
    maxDepth: maxDepth === undefined ? undefined : wholeNumber("maxDepth", maxDepth, 1, MAX_DEPTH),
    ...checkedPage(limit, offset, LISTING_PAGE),
  };
}

function matchOf({ matchType, path }: MatchCondition): NamespaceMatch {
  const labels = checkedPath(path).map((label) => (label === "*" ? undefined : label));
  switch (matchType) {
    case "prefix":
      return { end: "first", labels };
    case "suffix":
      return { end: "last", labels };
    default:
      throw new InvalidOptionError(`A match condition is a prefix or a suffix, not ${String(matchType)}.`);
  }
}

function itemOrNull(item: StoredItem | undefined): Item | null {
  return item === undefined ? null : itemOf(item);
}

function itemOf({ namespace, key, value, createdAt, updatedAt }: StoredItem): Item {
  return {
    namespace: [...namespace],
    key,
    value: JSON.parse(value) as Record<string, unknown>,
    createdAt,
    updatedAt,
  };
}
