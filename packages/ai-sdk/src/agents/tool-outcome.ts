import { isBudgetExceeded, UnsavableValueError, WfloError } from "@wflo/core";

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

interface SavedWork {
  /** Does a step, whose result is saved. */
  readonly step: (work: () => Promise<ToolOutcome>) => Promise<ToolOutcome>;
  readonly work: () => Promise<ToolOutcome>;
  /** What the model reads of a result is its JSON. */
  readonly isReadAsJson: boolean;
}

/** An outcome, once it is saved: of a result that is no plain data, what the model reads of it. Throws `UnsavableValueError` where that is not known. */
export async function savedOutcome({ step, work, isReadAsJson }: SavedWork): Promise<ToolOutcome> {
  let outcome: ToolOutcome | undefined;
  try {
    return await step(async () => (outcome = await work()));
  } catch (error) {
    const isDone = outcome !== undefined && error instanceof UnsavableValueError;
    const read = isDone && isReadAsJson ? asRead(outcome) : undefined;
    if (outcome === undefined || read === undefined) throw error;
    await step(async () => read);
    // A text is told without the quotes that it has in JSON, so it has to be one from the start.
    return typeof read.result === "string" ? read : outcome;
  }
}

/** The same outcome as the model reads it; undefined where it cannot. */
function asRead(outcome: ToolOutcome | undefined): { readonly result: unknown } | undefined {
  if (outcome === undefined || !("result" in outcome)) return undefined;
  try {
    const json = JSON.stringify(outcome.result) as string | undefined;
    return json === undefined ? undefined : { result: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

/** The result of an outcome; throws the error that it was. */
export function heard(outcome: ToolOutcome): unknown {
  if ("result" in outcome) return outcome.result;
  if (thrown.has(outcome)) throw thrown.get(outcome);
  const { error } = outcome;
  throw typeof error === "string" ? error : Object.assign(new Error(error.message), { name: error.name });
}
