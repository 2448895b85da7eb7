import { WfloError } from "@wflo/core";
import type { AsyncCaller } from "@langchain/core/utils/async_caller";
import type { CallOptions } from "./chat-model.ts";

type Outcome<T> = { readonly value: T } | { readonly final: unknown };

/**
 * Asks as often as the model itself would, by its own rules for what is worth another attempt. What wflo refuses is final, and so is
 * what was asked for by somebody who has left.
 */
export async function withOwnRetries<T>(
  caller: AsyncCaller,
  { signal, maxRetries }: CallOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const outcome = await caller.callWithOptions(
    maxRetries === undefined ? {} : { maxRetries },
    async (): Promise<Outcome<T>> => {
      try {
        return { value: await attempt() };
      } catch (error) {
        if (WfloError.isInstance(error) || signal?.aborted === true) return { final: error };
        throw error;
      }
    },
  );
  if ("final" in outcome) throw outcome.final;
  return outcome.value;
}
