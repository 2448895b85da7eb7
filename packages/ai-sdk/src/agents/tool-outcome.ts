import { isBudgetExceeded, WfloError } from "@wflo/core";

/** What a call of a tool came to, as it is saved. An agent reads an error as well, and goes on from it. */
export type ToolOutcome = { readonly result: unknown } | { readonly error: string | ToldError };

interface ToldError {
  readonly name: string;
  readonly message: string;
}

/** Errors of this execution, as they were thrown. */
const thrown = new WeakMap<ToolOutcome, unknown>();

/**
 * What a tool does, as an outcome; that its time was over is one, which an agent reads. Throws what is no end of it: a refusal, an end of the work
 * around (`isOver`), and what cannot be told again.
 */
export async function told(work: () => Promise<unknown>, isOver: () => boolean): Promise<ToolOutcome> {
  try {
    return { result: await work() };
  } catch (error) {
    const isOurs = isBudgetExceeded(error) || WfloError.isInstance(error);
    if (isOurs || isOver()) throw error;
    if (typeof error !== "string" && !(error instanceof Error)) throw error;
    const outcome = {
      error: typeof error === "string" ? error : { name: error.name, message: error.message },
    };
    thrown.set(outcome, error);
    return outcome;
  }
}

/** The result of an outcome; throws the error that it was. */
export function heard(outcome: ToolOutcome): unknown {
  if ("result" in outcome) return outcome.result;
  if (thrown.has(outcome)) throw thrown.get(outcome);
  const { error } = outcome;
  throw typeof error === "string" ? error : Object.assign(new Error(error.message), { name: error.name });
}
