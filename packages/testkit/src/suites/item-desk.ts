import { expect } from "vitest";
import type {
  Item,
  ItemComparison,
  ItemCondition,
  ItemSearch,
  ItemStore,
  NamespaceListing,
} from "@wflo/core";
import type { CaseDesk } from "./case-desk.ts";
import { databaseCase, type DatabaseCase } from "./database-case.ts";

/** Short words for what the cases of items do over and over: in the namespace `notes`, unless told otherwise. */
export class ItemDesk {
  readonly desk: CaseDesk;
  readonly store: ItemStore;

  constructor(desk: CaseDesk) {
    this.desk = desk;
    this.store = desk.database.items;
  }

  /** The same database for another tenant. */
  as(tenant: string): ItemDesk {
    return new ItemDesk(this.desk.as(tenant));
  }

  /** Puts a value, or deletes where it is undefined. */
  put(key: string, value: object | undefined, namespace: readonly string[] = ["notes"]): Promise<unknown> {
    return this.batch({ puts: [{ namespace, key, value: value && JSON.stringify(value) }] });
  }

  batch(batch: Partial<Parameters<ItemStore["batch"]>[1]>): ReturnType<ItemStore["batch"]> {
    return this.store.batch(this.desk.tenant, { gets: [], searches: [], listings: [], puts: [], ...batch });
  }

  async get(key: string, namespace: readonly string[] = ["notes"]): Promise<Item | undefined> {
    const { gets } = await this.batch({ gets: [{ namespace, key }] });
    expect(gets).toHaveLength(1);
    return gets[0];
  }

  /** What was put, read again; undefined when it is not there. */
  async value(key: string, namespace?: readonly string[]): Promise<unknown> {
    return valueOf(await this.get(key, namespace));
  }

  async search(search: Partial<ItemSearch> = {}): Promise<readonly Item[]> {
    const all = { prefix: [], conditions: [], limit: 100, offset: 0 };
    return (await this.batch({ searches: [{ ...all, ...search }] })).searches[0] ?? [];
  }

  /** The keys of what is found. */
  async keys(search?: Partial<ItemSearch>): Promise<readonly string[]> {
    return (await this.search(search)).map(({ key }) => key);
  }

  /** The keys of what fulfils one condition, in alphabetical order. */
  async fulfilling(path: string, comparison: ItemComparison, operand: unknown): Promise<string> {
    const condition: ItemCondition = {
      path: path.split("."),
      comparison,
      operand: JSON.stringify(operand),
    };
    return (await this.keys({ conditions: [condition] })).toSorted().join(" ");
  }

  /** Namespaces, each as its labels with slashes. */
  async namespaces(listing: Partial<NamespaceListing> = {}): Promise<readonly string[]> {
    const all = { matches: [], maxDepth: undefined, limit: 100, offset: 0 };
    const [found = []] = (await this.batch({ listings: [{ ...all, ...listing }] })).listings;
    return found.map((namespace) => namespace.join("/"));
  }
}

/** What an item says. */
export function valueOf(item: Item | undefined): unknown {
  return item && JSON.parse(item.value);
}

/** A case that is about items. */
export function itemCase(title: string, play: (desk: ItemDesk) => Promise<void>): DatabaseCase {
  return databaseCase(title, (desk) => play(new ItemDesk(desk)));
}
