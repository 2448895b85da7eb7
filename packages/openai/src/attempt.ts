import { outcomeOfStatus, type Answer, type Outcome, type StreamAnswer, type StreamMeter } from "@wflo/core";
import { bodyMeter, silentMeter } from "./body-meter.ts";
import type { PricedApi } from "./endpoint.ts";
import { eventsOrJson } from "./events-or-json.ts";
import { sameResponse, webStream } from "./same-response.ts";
import { streamMeter } from "./stream-meter.ts";
import type { Answered } from "./usage.ts";

/** What `fetch` answers, as the door takes it. */
export type NativeAnswer = Answer<Response> | StreamAnswer<Uint8Array, Response>;

/** What is known of a request when it is sent. */
export interface NativeCall {
  /** Whose events a stream has; undefined where nothing that is streamed tells of money. */
  readonly api: PricedApi | undefined;
  /** The caller asked for a stream. */
  readonly streams: boolean;
  /** The provider goes on with it whether it is read or not, and tells its usage to whoever asks later. */
  readonly isBackground: boolean;
  /** Usage was asked for on wflo's behalf: it is kept from the caller. */
  readonly hideUsage: boolean;
  /** A stream that wflo cuts is to end as one that came to its output cap. */
  readonly truncates: boolean;
  /** Reads an answer in one piece; undefined where it tells nothing of money. */
  readonly outcomeOf: ((answer: unknown) => Outcome) | undefined;
  /** The outcome of an answer that is not read, since it tells nothing. */
  readonly expected: Answered | undefined;
}

/** Tells what an answer costs. The caller gets the provider's own status and headers. */
export async function readResponse(call: NativeCall, response: Response): Promise<NativeAnswer> {
  const { expected } = call;
  if (!response.ok) return { value: response, outcome: outcomeOfStatus(response.status) };
  if (response.body === null)
    return { value: response, outcome: expected ?? { kind: "answered", usage: undefined } };
  return {
    chunks: webStream(response.body),
    meter: meterOf(call, response),
    value: (chunks) => sameResponse(response, chunks),
  };
}

function meterOf(call: NativeCall, response: Response): StreamMeter<Uint8Array> {
  const { api, outcomeOf, expected, hideUsage, truncates } = call;
  const type = response.headers.get("content-type") ?? "";
  const isJson = type.includes("json");
  const inOnePiece = () => {
    const isUnread = outcomeOf === undefined || (expected !== undefined && !isJson);
    return isUnread ? silentMeter(expected ?? { kind: "answered", usage: undefined }) : bodyMeter(outcomeOf);
  };
  // The SDK reads events whenever a stream was asked for; some proxies give them another type.
  if (api === undefined || !(type.includes("text/event-stream") || call.streams)) return inOnePiece();
  const meter = streamMeter({ api, hideUsage, truncates });
  const events = call.isBackground ? goesOn(meter) : meter;
  return isJson ? eventsOrJson(events, inOnePiece()) : events;
}

/** Of an answer that is made in the background, only the reading breaks off: it goes on, and so does its bill. */
function goesOn(meter: ReturnType<typeof streamMeter>): StreamMeter<Uint8Array> {
  return {
    read: (chunk) => meter.read(chunk),
    isOver: () => meter.isOver?.() === true,
    flush: () => meter.flush(),
    outcome(complete) {
      const outcome = meter.outcome(complete);
      if (outcome.kind !== "cut") return outcome;
      const remoteId = meter.answerId();
      return { kind: "doubt", reason: `${outcome.reason}; its usage comes later`, remoteId };
    },
  };
}
