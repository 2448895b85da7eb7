import { outcomeOfStatus, type Answer, type Grant, type StreamAnswer } from "@wflo/core";
import { bodyMeter } from "./body-meter.ts";
import type { PricedApi } from "./endpoint.ts";
import { streamMeter } from "./stream-meter.ts";
import type { Sent } from "./ticket.ts";

/** What `fetch` answers, as the door takes it. */
export type NativeAnswer = Answer<Response> | StreamAnswer<Uint8Array, Response>;

/** What is known of a request when it is sent. */
export interface NativeCall {
  readonly api: PricedApi;
  /** The caller asked for a stream. */
  readonly streams: boolean;
  /** Usage was asked for on wflo's behalf: it is kept from the caller. */
  readonly hideUsage: boolean;
  readonly fetch: typeof globalThis.fetch;
}

/** Sends one granted request and tells what its answer costs. The caller gets the provider's own status and headers. */
export async function attempt(call: NativeCall, grant: Grant, { url, init }: Sent): Promise<NativeAnswer> {
  const { api, hideUsage, fetch } = call;
  const response = await fetch(url, { ...init, signal: grant.signal });
  if (!response.ok) return { value: response, outcome: outcomeOfStatus(response.status) };
  if (response.body === null) return { value: response, outcome: { kind: "answered", usage: undefined } };
  return {
    chunks: webStream(response.body),
    meter: isEventStream(call, response) ? streamMeter({ api, hideUsage }) : bodyMeter(api),
    value: (chunks) => sameResponse(response, chunks),
  };
}

/** The SDK reads events whenever a stream was asked for; some proxies give them another type. */
function isEventStream({ streams }: NativeCall, { headers }: Response): boolean {
  const type = headers.get("content-type") ?? "";
  return type.includes("text/event-stream") || (streams && !type.includes("json"));
}

/** A custom `fetch` may answer with a stream of Node's, which the SDK takes too. */
function webStream(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return typeof body.getReader === "function" ? body : ReadableStream.from(body as AsyncIterable<Uint8Array>);
}

function sameResponse(response: Response, body: ReadableStream<Uint8Array>): Response {
  const { status, statusText, headers } = response;
  const same = new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>, { status, statusText, headers });
  // A Response made by hand has no URL, which the SDK shows in its logs.
  Object.defineProperty(same, "url", { value: response.url });
  return same;
}
