import type {
  Item,
  ItemPlace,
  ItemPut,
  ItemSearch,
  Namespace,
  NamespaceListing,
} from "../ports/item-store.ts";
import { byteOrder } from "./byte-order.ts";
import { testOf } from "./item-conditions.ts";
import { isUnder, matchesNamespace, namespaceOrder } from "./namespace-order.ts";

interface MemoryItem extends ItemPlace {
  readonly text: string;
  /** What the text says, read once. */
  readonly value: unknown;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** The items of one tenant. */
export class MemoryItems {
  private readonly byPlace = new Map<string, MemoryItem>();

  get(place: ItemPlace): Item | undefined {
    const found = this.byPlace.get(placeKey(place));
    return found && itemOf(found);
  }

  /** Of several puts of one place, all but the last leave no trace. */
  putAll(puts: readonly ItemPut[], now: number): void {
    for (const put of new Map(puts.map((one) => [placeKey(one), one])).values()) this.put(put, now);
  }

  search({ prefix, conditions, limit, offset }: ItemSearch): readonly Item[] {
    const fulfils = testOf(conditions);
    const found = [...this.byPlace.values()].filter(
      ({ namespace, value }) => isUnder(namespace, prefix) && fulfils(value),
    );
    return found
      .sort(newestFirst)
      .slice(offset, offset + limit)
      .map(itemOf);
  }

  namespaces({ matches, maxDepth, limit, offset }: NamespaceListing): readonly Namespace[] {
    const found = new Map<string, Namespace>();
    for (const { namespace } of this.byPlace.values()) {
      if (!matches.every((match) => matchesNamespace(namespace, match))) continue;
      const cut = namespace.slice(0, maxDepth);
      found.set(JSON.stringify(cut), cut);
    }
    return [...found.values()].sort(namespaceOrder).slice(offset, offset + limit);
  }

  private put({ namespace, key, value }: ItemPut, now: number): void {
    const place = placeKey({ namespace, key });
    if (value === undefined) {
      this.byPlace.delete(place);
      return;
    }
    const before = this.byPlace.get(place);
    this.byPlace.set(place, {
      namespace: [...namespace],
      key,
      text: value,
      value: JSON.parse(value),
      createdAtMs: before?.createdAtMs ?? now,
      updatedAtMs: Math.max(now, before?.updatedAtMs ?? now),
    });
  }
}

function placeKey({ namespace, key }: ItemPlace): string {
  return JSON.stringify([namespace, key]);
}

function newestFirst(one: MemoryItem, other: MemoryItem): number {
  return (
    other.updatedAtMs - one.updatedAtMs ||
    namespaceOrder(one.namespace, other.namespace) ||
    byteOrder(one.key, other.key)
  );
}

function itemOf({ namespace, key, text, createdAtMs, updatedAtMs }: MemoryItem): Item {
  return {
    namespace: [...namespace],
    key,
    value: text,
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
  };
}
