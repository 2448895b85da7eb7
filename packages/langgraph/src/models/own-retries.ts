import { WfloError } from "@wflo/core";
import { AsyncCaller } from "@langchain/core/utils/async_caller";
import type { CallOptions } from "./chat-model.ts";

type Outcome<T> = { readonly value: T } | { readonly final: unknown };

/** Stands in for the caller of a model in one attempt: it asks once, and knows whether it was here that the attempt failed. */
export class OnceCaller extends AsyncCaller {
  hasFailed = false;

  constructor() {
    super({ maxRetries: 0 });
    for (const name of ["call", "callWithOptions"] as const) {
      const ask = this[name].bind(this) as (...asked: readonly unknown[]) => Promise<unknown>;
      const once = (...asked: readonly unknown[]) => this.noting(() => ask(...asked));
      Object.defineProperty(this, name, { value: once });
    }
  }

  /** Notes whether this fails. */
  async noting<T>(work: () => Promise<T>): Promise<T> {
    this.hasFailed = true;
    const value = await work();
    this.hasFailed = false;
    return value;
  }
}

/**
 * Asks as often as the model itself would, by its own rules for what is worth another attempt: only what it does by its caller is done
 * again, not what it makes of an answer that has begun. What wflo refuses is final, and so is what was asked for by somebody who has left.
 */
export async function withOwnRetries<T>(
  caller: AsyncCaller,
  { signal, maxRetries }: CallOptions,
  attempt: (once: OnceCaller) => Promise<T>,
): Promise<T> {
  const outcome = await caller.callWithOptions(
    maxRetries === undefined ? {} : { maxRetries },
    async (): Promise<Outcome<T>> => {
      const once = new OnceCaller();
      try {
        return { value: await attempt(once) };
      } catch (error) {
        if (!once.hasFailed || WfloError.isInstance(error) || signal?.aborted === true)
          return { final: error };
        throw error;
      }
    },
  );
  if ("final" in outcome) throw outcome.final;
  return outcome.value;
}
