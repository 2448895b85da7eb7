import {
  apart,
  type Answer,
  type Grant,
  type GuardRequest,
  type Outcome,
  type StreamAnswer,
  type StreamMeter,
} from "@wflo/core";
import type { AdapterCallOptions, AdapterSetup } from "../suites/adapter-case.ts";
import { largerUsage, type PickUsage } from "./raw-meter.ts";
import { RawTimeoutError } from "./raw-timer.ts";
import { RawHttpError, type RawRequest } from "./raw-wire.ts";

/** The JSON of a request. */
export type RawBody = RawRequest["body"];
/** What a caller of the raw adapter reads. */
export type TextStream = AsyncIterable<string>;

type Send<T> = (grant: Grant) => Promise<T>;
/** Makes one call that answers in one piece, through as many doors as the setup has layers. */
export type Enter = (
  setup: AdapterSetup,
  request: GuardRequest,
  send: Send<Answer<string>>,
) => Promise<string>;
/** The same for a call that streams. */
export type EnterStream = (
  setup: AdapterSetup,
  request: GuardRequest,
  send: Send<StreamAnswer<string, TextStream> | Answer<TextStream>>,
) => Promise<TextStream>;

/** The seams at which a careless adapter goes wrong. Each default is right. */
export interface RawSeams {
  /** What the door is told of the request. */
  readonly describe: (request: GuardRequest) => GuardRequest;
  /** The body that is sent, given the grant. */
  readonly write: (body: RawBody, grant: Grant) => RawBody;
  readonly signalFor: (grant: Grant, options: AdapterCallOptions) => AbortSignal | undefined;
  /** What an answer is said to have cost. */
  readonly judge: (outcome: Outcome) => Outcome;
  /** What reads a stream on its way. */
  readonly meter: (meter: StreamMeter<string>) => StreamMeter<string>;
  readonly pickUsage: PickUsage;
  /** What becomes of an attempt that threw: it throws on, or says what it cost. */
  readonly onFailure: (error: unknown, request: RawRequest) => Outcome;
  /** Whether a failure is worth another attempt. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Runs one attempt through `layers` doors. */
  readonly enter: Enter;
  readonly enterStream: EnterStream;
  /** Where what the transport does before it sends is done. */
  readonly atWire: (work: () => Promise<void>) => Promise<void>;
  /** Where the native retries are: around the door, or inside. */
  readonly retries: "around" | "inside";
}

/** What a careful adapter does at each seam. */
export const careful: RawSeams = {
  describe: (request) => request,
  write: (body, { maxOutputTokens }) =>
    maxOutputTokens === undefined ? body : { ...body, max_completion_tokens: maxOutputTokens },
  signalFor: (grant) => grant.signal,
  judge: (outcome) => outcome,
  meter: (meter) => meter,
  pickUsage: largerUsage,
  onFailure: (error) => {
    throw error;
  },
  isRetryable: (error) =>
    error instanceof RawTimeoutError ||
    (error instanceof RawHttpError && (error.status === 429 || error.status >= 500)),
  async enter(setup, request, send) {
    const nested = (layers: number): Promise<string> =>
      setup.wflo.guardCall(request, async (grant) => {
        if (layers === 1) return send(grant);
        return { value: await nested(layers - 1), outcome: { kind: "answered", usage: undefined } };
      });
    return nested(setup.layers);
  },
  async enterStream(setup, request, send) {
    const nested = (layers: number): Promise<TextStream> =>
      setup.wflo.guardStream<string, TextStream>(request, async (grant) => {
        if (layers === 1) return send(grant);
        return { value: await nested(layers - 1), outcome: { kind: "answered", usage: undefined } };
      });
    return nested(setup.layers);
  },
  atWire: (work) => apart(work),
  retries: "around",
};
