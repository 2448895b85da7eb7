import { outcomeOfStatus, type Answer, type Grant, type StreamAnswer } from "@wflo/core";
import type { PricedApi } from "./endpoint.ts";
import type { Body, CapField } from "./request.ts";
import { streamMeter } from "./stream-meter.ts";
import { outcomeOfAnswer } from "./usage.ts";

/** A native request on its way through the door. */
export interface NativeCall {
  readonly api: PricedApi;
  readonly body: Body;
  readonly capField: CapField;
  readonly fetch: typeof globalThis.fetch;
}

/** Sends one granted request and tells what its answer costs. The caller's `Response` is the provider's own. */
export async function attempt(
  call: NativeCall,
  grant: Grant,
  url: string,
  init: RequestInit,
): Promise<Answer<Response> | StreamAnswer<Uint8Array, Response>> {
  const injectsUsage = needsUsageOption(call);
  const body = bodyFor(call, grant, injectsUsage);
  const { fetch } = call;
  const response = await fetch(url, { ...init, ...(body === undefined ? {} : { body }), signal: grant.signal });
  if (!response.ok) return { value: response, outcome: outcomeOfStatus(response.status) };
  const isStream = response.headers.get("content-type")?.includes("text/event-stream") === true;
  if (!isStream || response.body === null) {
    return { value: response, outcome: outcomeOfAnswer(call.api, await readJson(response.clone())) };
  }
  return {
    chunks: response.body,
    meter: streamMeter({ api: call.api, hideUsage: injectsUsage }),
    value: (chunks) => sameResponse(response, chunks),
  };
}

/** Chat streams tell their usage only when asked. */
function needsUsageOption({ api, body }: NativeCall): boolean {
  const options = body["stream_options"] as { include_usage?: unknown } | null | undefined;
  return api === "chat" && body["stream"] === true && options?.include_usage !== true;
}

/** The changed body, or undefined when the request goes out as it is. */
function bodyFor(call: NativeCall, grant: Grant, injectsUsage: boolean): string | undefined {
  if (!injectsUsage && grant.maxOutputTokens === undefined) return undefined;
  const streamOptions = call.body["stream_options"] as object | null | undefined;
  return JSON.stringify({
    ...call.body,
    ...(injectsUsage ? { stream_options: { ...streamOptions, include_usage: true } } : {}),
    ...(grant.maxOutputTokens === undefined ? {} : { [call.capField]: grant.maxOutputTokens }),
  });
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function sameResponse(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers } = response;
  const same = new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, statusText, headers });
  // A Response made by hand has no URL, which the SDK shows in its logs.
  Object.defineProperty(same, "url", { value: response.url });
  return same;
}
