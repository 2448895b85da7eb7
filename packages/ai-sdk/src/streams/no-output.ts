import { WfloError } from "@wflo/core";

/** By which the SDK knows its `NoOutputGeneratedError`, whichever copy of it that is of. */
const NO_OUTPUT = Symbol.for("vercel.ai.error.AI_NoOutputGeneratedError");

/**
 * Throws what kept a stream from being opened. A refusal of wflo bears the mark by which the SDK rejects the promises of its result (`text`,
 * `usage`, …) with it: without that they reject with an error that does not tell why, or resolve with the steps before.
 */
export function rejectPromises(error: unknown): never {
  if (WfloError.isInstance(error) && !(NO_OUTPUT in error))
    Object.defineProperty(error, NO_OUTPUT, { value: true });
  throw error;
}
