/**
 * A path of labels. Prefixes are found label by label: what is under `["a"]` is not under `["ab"]`. Sorted by the bytes of its labels,
 * a prefix before what goes on from it. At least one label, at most 32, none empty, at most 1,000 bytes in all.
 */
export type Namespace = readonly string[];

/** Which item. The key has at most 1,000 bytes. Neither it nor a label has U+0000 or a lone surrogate in it. */
export interface ItemPlace {
  readonly namespace: Namespace;
  readonly key: string;
}

/** What is remembered at a place. */
export interface Item extends ItemPlace {
  /** JSON of an object that says what was put; its keys may have come into another order. */
  readonly value: string;
  /** When it was put first, or first after a deletion. */
  readonly createdAt: Date;
  /** When it was put last; never earlier than it was. */
  readonly updatedAt: Date;
}

/** Remembers a value, or forgets it. */
export interface ItemPut extends ItemPlace {
  /** JSON of an object, at most 16 MB, at most 200 levels deep; undefined deletes the item. Any text may be in it. */
  readonly value: string | undefined;
}

/**
 * How a part of a value is compared. `eq` and `ne`: as JSON, the order of keys aside. `in` and `nin`: with each item of a list. The
 * others: with a number, numbers and texts that are a decimal numeral; with another text, texts by their bytes; nothing else fits.
 */
export type ItemComparison = "eq" | "ne" | "in" | "nin" | "gt" | "gte" | "lt" | "lte";

/** One thing that a value must fulfil. Where the path leads to nothing, only `ne` and `nin` are fulfilled. */
export interface ItemCondition {
  /** Keys, from the outermost object inwards; a list is not gone into. */
  readonly path: readonly string[];
  readonly comparison: ItemComparison;
  /** JSON. For `in` and `nin` a list; for `gt` to `lte` a number or a text. */
  readonly operand: string;
}

/** Which items: the last updated first, those of one moment by namespace, then key. */
export interface ItemSearch {
  /** May be empty, which is everything. */
  readonly prefix: Namespace;
  /** All of them. */
  readonly conditions: readonly ItemCondition[];
  readonly limit: number;
  readonly offset: number;
}

/** How a namespace begins or ends; undefined stands for any label. */
export interface NamespaceMatch {
  readonly end: "first" | "last";
  readonly labels: readonly (string | undefined)[];
}

/** Which namespaces that have items, in their order. */
export interface NamespaceListing {
  /** All of them, by the whole namespace. */
  readonly matches: readonly NamespaceMatch[];
  /** Longer ones are cut to so many labels; what is the same then is listed once. */
  readonly maxDepth: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** What is done at once. Reads see what was there before the puts. Of several puts of one place the last one counts. */
export interface ItemBatch {
  readonly gets: readonly ItemPlace[];
  readonly searches: readonly ItemSearch[];
  readonly listings: readonly NamespaceListing[];
  readonly puts: readonly ItemPut[];
}

/** The answers to the reads of a batch, each at its place. */
export interface ItemAnswers {
  readonly gets: readonly (Item | undefined)[];
  readonly searches: readonly (readonly Item[])[];
  readonly listings: readonly (readonly Namespace[])[];
}

/** Where items are kept: what agents remember across threads. */
export interface ItemStore {
  /** Atomic: all reads see one moment, and the puts happen together or not at all. */
  batch(tenant: string, batch: ItemBatch): Promise<ItemAnswers>;
}
