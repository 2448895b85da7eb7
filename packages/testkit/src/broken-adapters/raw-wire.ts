import type { Outcome, StreamAnswer, Usage } from "@wflo/core";

/** A chat request, as a hand-written agent would send it. */
export interface RawRequest {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal | undefined;
}

interface RawAnswer {
  readonly choices?: readonly {
    readonly message?: { content?: string };
    readonly delta?: { content?: string };
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  } | null;
  readonly error?: { readonly message: string };
}

/** An HTTP error of the provider. */
export class RawHttpError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Sends one request that answers in one piece. */
export async function sendRaw(request: RawRequest): Promise<{ value: string; outcome: Outcome }> {
  const response = await post(request);
  const answer = (await response.json()) as RawAnswer;
  const value = answer.choices?.[0]?.message?.content ?? "";
  return { value, outcome: { kind: "answered", usage: usageOf(answer) } };
}

/** Sends one request that streams; the chunks are texts. */
export async function streamRaw(request: RawRequest): Promise<StreamAnswer<string, AsyncIterable<string>>> {
  const response = await post(request);
  let outcome: Outcome = { kind: "answered", usage: undefined };
  let begun = false;
  const take = (event: string): string => {
    if (!event.startsWith("data: {")) return "";
    const answer = JSON.parse(event.slice(6)) as RawAnswer;
    if (answer.error) {
      outcome = begun
        ? { kind: "cut", reason: "an error event" }
        : { kind: "rejected", reason: "an error event" };
      throw new Error(answer.error.message);
    }
    begun = true;
    const usage = usageOf(answer);
    if (usage) outcome = { kind: "answered", usage };
    return answer.choices?.[0]?.delta?.content ?? "";
  };
  return {
    chunks: eventsOf(response).pipeThrough(
      new TransformStream<string, string>({
        transform: (event, controller) => controller.enqueue(take(event)),
      }),
    ),
    meter: {
      read: (chunk) => [chunk],
      flush: () => [],
      outcome(complete) {
        const isOver = complete || outcome.kind !== "answered" || outcome.usage !== undefined;
        return isOver ? outcome : { kind: "cut", reason: "the stream broke off" };
      },
    },
    value: (chunks) => chunks,
  };
}

async function post({ url, body, signal }: RawRequest): Promise<Response> {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new RawHttpError(response.status);
}

function eventsOf(response: Response): ReadableStream<string> {
  const { body } = response;
  if (!body) throw new Error("the answer has no body");
  let pending = "";
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TransformStream<string, string>({
      transform(text, controller) {
        const events = (pending + text).split("\n\n");
        pending = events.pop() ?? "";
        for (const event of events) controller.enqueue(event.trimStart());
      },
    }),
  );
}

function usageOf({ usage }: RawAnswer): Usage | undefined {
  if (!usage) return undefined;
  return {
    inputTokens: usage.prompt_tokens,
    cachedInputTokens: usage.prompt_tokens_details.cached_tokens,
    outputTokens: usage.completion_tokens,
  };
}
