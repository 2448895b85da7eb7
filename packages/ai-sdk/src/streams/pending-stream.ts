import { isBudgetExceeded, WfloError } from "@wflo/core";

interface StreamedResult {
  readonly stream: AsyncIterable<{ readonly type: string; readonly error?: unknown }>;
  readonly finishReason: PromiseLike<unknown>;
}

/**
 * What a result of `streamText`, or of an agent's `stream`, waits for: its end, whoever reads it or nobody. One that can be read only once
 * (`experimental_streamTextLowMemory`) is left to its reader. Rejects with a refusal that ended it.
 */
export function pendingStream(value: unknown): (() => Promise<void>) | undefined {
  if (!isStreamedResult(value)) return undefined;
  return "steps" in value ? () => readToEnd(value) : () => untilRead(value);
}

async function readToEnd({ stream }: StreamedResult): Promise<void> {
  let refusal: unknown;
  for await (const part of stream) {
    if (part.type !== "error") continue;
    if (refusal === undefined && isRefusal(part.error)) refusal = part.error;
  }
  if (refusal !== undefined) throw refusal;
}

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
  const has = (method: string) => typeof Reflect.get(value, method) === "function";
  return has("consumeStream") && has("toUIMessageStream") && has("toTextStreamResponse") && "stream" in value;
}
