import type { Database } from "@wflo/core";
import { BaseStore, type Operation, type OperationResults } from "@langchain/langgraph-checkpoint";
import { planBatch } from "./plan-batch.ts";
import { checkedStoreOptions, type WfloStoreOptions } from "./store-options.ts";

/**
 * LangGraph's long-term memory: `compile({ checkpointer, store: new WfloStore({ database }) })`. A batch is one statement; its reads see
 * what was there before its puts. Methods reject with LangGraph's `InvalidNamespaceError`, with `UnsavableItemError` for values that are
 * not JSON, with `InvalidFilterError`, with `InvalidOptionError` for other mistakes, and with `StoreUnavailableError`.
 */
export class WfloStore extends BaseStore {
  readonly #database: Database;
  readonly #tenant: string;

  constructor(options: WfloStoreOptions) {
    super();
    const { database, tenant } = checkedStoreOptions(options);
    this.#database = database;
    this.#tenant = tenant;
  }

  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const { results, ...batch } = planBatch(operations);
    return results(await this.#database.items.batch(this.#tenant, batch)) as OperationResults<Op>;
  }
}
