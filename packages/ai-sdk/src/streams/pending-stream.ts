import { isBudgetExceeded, WfloError } from "@wflo/core";

interface StreamedResult {
  readonly stream: AsyncIterable<{
    readonly type: string;
    readonly error?: unknown;
    readonly reason?: string;
  }>;
  readonly finishReason: PromiseLike<unknown>;
}

/**
 * What a result of `streamText`, or of an agent's `stream`, waits for: its end, whoever reads it or nobody. One that can be read only once
 * (`experimental_streamTextLowMemory`) is left to its reader. Rejects with what broke it off.
 */
export function pendingStream(value: unknown): (() => Promise<void>) | undefined {
  if (!isStreamedResult(value)) return undefined;
  return "steps" in value ? () => readToEnd(value) : () => untilRead(value);
}

async function readToEnd({ stream }: StreamedResult): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for await (const part of stream) {
    if (part.type === "error" && (failure === undefined || isRefusal(part.error)))
      failure = { error: part.error };
    if (part.type === "abort") failure ??= { error: abortError(part.reason) };
    // It went on after all.
    if (part.type === "start-step" && !isRefusal(failure?.error)) failure = undefined;
  }
  if (failure !== undefined) throw failure.error;
}

function abortError(reason: string | undefined): Error {
  return new DOMException(reason ?? "The stream was aborted.", "AbortError");
}

/** Its reader may leave it, which is no failure. */
async function untilRead({ finishReason }: StreamedResult): Promise<void> {
  try {
    await finishReason;
  } catch (error) {
    if (isRefusal(error)) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return isBudgetExceeded(error) || WfloError.isInstance(error);
}

function isStreamedResult(value: unknown): value is StreamedResult {
  if (typeof value !== "object" || value === null) return false;
  // Not by their values: what somebody else's object has behind a name is not to be touched.
  return ["consumeStream", "toUIMessageStream", "toTextStreamResponse", "stream"].every(
    (name) => name in value,
  );
}
