import { ThreadDeletedError, UnsavableValueError } from "@wflo/core";
import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/** What to throw for what the engine threw: in the words of LangGraph, whose threads have other names and whose values are channels. */
export function savingError(error: unknown, threadId: string): unknown {
  if (error instanceof ThreadDeletedError) return new ThreadDeletedError(threadId);
  if (!(error instanceof UnsavableValueError)) return error;
  return new UnsavableChannelError(error.path, error.what.replace(/^it /, ""), { cause: error });
}
