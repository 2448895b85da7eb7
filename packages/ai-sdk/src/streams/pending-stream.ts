import { isBudgetExceeded, WfloError } from "@wflo/core";

interface StreamedResult {
  readonly stream: AsyncIterable<{ readonly type: string; readonly error?: unknown }>;
}

/** What a result of `streamText`, or of an agent's `stream`, waits for: its end, whoever reads it or nobody. Rejects with a refusal that ended it. */
export function pendingStream(value: unknown): (() => Promise<void>) | undefined {
  return isStreamedResult(value) ? () => readToEnd(value) : undefined;
}

async function readToEnd({ stream }: StreamedResult): Promise<void> {
  let refusal: unknown;
  for await (const part of stream) {
    if (part.type !== "error") continue;
    const { error } = part;
    if (refusal === undefined && (isBudgetExceeded(error) || WfloError.isInstance(error))) refusal = error;
  }
  if (refusal !== undefined) throw refusal;
}

function isStreamedResult(value: unknown): value is StreamedResult {
  if (typeof value !== "object" || value === null) return false;
  const has = (method: string) => typeof Reflect.get(value, method) === "function";
  return has("consumeStream") && has("toUIMessageStream") && has("toTextStreamResponse") && "stream" in value;
}
