import type { Database, ItemAnswers } from "@wflo/core";
import { BaseStore, type Operation, type OperationResults } from "@langchain/langgraph-checkpoint";
import { batchParts, joinAnswers } from "./batch-parts.ts";
import { planBatch } from "./plan-batch.ts";
import { checkedStoreOptions, type WfloStoreOptions } from "./store-options.ts";

/**
 * LangGraph's long-term memory: `compile({ checkpointer, store: new WfloStore({ database }) })`. The reads of a batch
 * see what was there before its puts. It is one statement, done whole or not at all, up to 1,000 operations and 64 MB of values; a larger one
 * is several, its puts in their order. Methods reject with LangGraph's `InvalidNamespaceError`, with `UnsavableItemError` for values that are
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
    const answers: ItemAnswers[] = [];
    for (const part of batchParts(batch)) answers.push(await this.#database.items.batch(this.#tenant, part));
    return results(joinAnswers(answers)) as OperationResults<Op>;
  }
}
