import type { Outcome } from "@wflo/core";
import { usageIn, type RawAnswer } from "./raw-meter.ts";

/** A chat request, as a hand-written agent would send it. */
export interface RawRequest {
  readonly url: string;
  readonly apiKey: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal | undefined;
  /** What the transport does before it sends. */
  readonly onSend: (() => Promise<void>) | undefined;
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
  const { model, service_tier: serviceTier } = answer;
  return { value, outcome: { kind: "answered", usage: usageIn(answer), model, serviceTier } };
}

/** Sends one request that streams; the chunks are events. */
export async function streamRaw(request: RawRequest): Promise<ReadableStream<string>> {
  const { body } = await post(request);
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

async function post({ url, apiKey, body, signal, onSend }: RawRequest): Promise<Response> {
  await onSend?.();
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new RawHttpError(response.status);
}
