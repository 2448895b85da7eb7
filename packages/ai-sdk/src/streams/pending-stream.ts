import { isBudgetExceeded, WfloError } from "@wflo/core";

interface StreamedResult {
  readonly stream: AsyncIterable<{
    readonly type: string;
    readonly error?: unknown;
    readonly reason?: string;
  }>;
}

/** What a result of `streamText`, or of an agent's `stream`, waits for: its end, whoever reads it or nobody. Rejects with what broke it off. */
export function pendingStream(value: unknown): (() => Promise<void>) | undefined {
  return isStreamedResult(value) ? () => readToEnd(value) : undefined;
}

async function readToEnd({ stream }: StreamedResult): Promise<void> {
  let failure: { readonly error: unknown; readonly isRefusal: boolean } | undefined;
  for await (const part of stream) {
    if (part.type === "error") {
      const { error } = part;
      const isRefusal = isBudgetExceeded(error) || WfloError.isInstance(error);
      if (failure === undefined || (isRefusal && !failure.isRefusal)) failure = { error, isRefusal };
    }
    if (part.type === "abort") failure ??= { error: abortError(part.reason), isRefusal: false };
    // It went on after all.
    if (part.type === "start-step" && failure?.isRefusal === false) failure = undefined;
  }
  if (failure !== undefined) throw failure.error;
}

function abortError(reason: string | undefined): Error {
  return new DOMException(reason ?? "The stream was aborted.", "AbortError");
}

function isStreamedResult(value: unknown): value is StreamedResult {
  if (typeof value !== "object" || value === null) return false;
  const has = (method: string) => typeof Reflect.get(value, method) === "function";
  return has("consumeStream") && has("toUIMessageStream") && has("toTextStreamResponse") && "stream" in value;
}
