import {
  WfloError,
  type Answer,
  type Grant,
  type GuardRequest,
  type Outcome,
  type StreamAnswer,
} from "@wflo/core";
import type { AdapterCallOptions, AdapterSetup, CreateAdapter } from "../suites/adapter-case.ts";
import { RawHttpError, sendRaw, streamRaw, type RawRequest } from "./raw-wire.ts";

type Body = Readonly<Record<string, unknown>>;
type TextStream = AsyncIterable<string>;

/** The seams at which a careless adapter goes wrong. Each default is right. */
export interface RawSeams {
  /** What the door is told of the request. */
  readonly describe: (request: GuardRequest) => GuardRequest;
  /** The body that is sent, given the grant. */
  readonly write: (body: Body, grant: Grant) => Body;
  readonly signalFor: (grant: Grant, options: AdapterCallOptions) => AbortSignal | undefined;
  /** What an answer is said to have cost. */
  readonly judge: (outcome: Outcome) => Outcome;
  /** Whether a failure is worth another attempt. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Runs one attempt through `layers` doors. */
  readonly enter: Enter;
  readonly enterStream: EnterStream;
  /** Where the native retries are: around the door, or inside. */
  readonly retries: "around" | "inside";
}

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
  send: Send<StreamAnswer<string, TextStream>>,
) => Promise<TextStream>;

const careful: RawSeams = {
  describe: (request) => request,
  write: (body, { maxOutputTokens }) =>
    maxOutputTokens === undefined ? body : { ...body, max_completion_tokens: maxOutputTokens },
  signalFor: (grant) => grant.signal,
  judge: (outcome) => outcome,
  isRetryable: (error) => error instanceof RawHttpError && (error.status === 429 || error.status >= 500),
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
  retries: "around",
};

/** A small adapter on `fetch` that keeps every promise, but for what `flaws` replaces. */
export function rawAdapter(flaws: Partial<RawSeams> = {}): CreateAdapter {
  const seams = { ...careful, ...flaws };
  return (url, setup) => {
    const raw = (body: Body, options: AdapterCallOptions) => (grant: Grant) => {
      const request: RawRequest = {
        url,
        body: seams.write(body, grant),
        signal: seams.signalFor(grant, options),
      };
      return request;
    };
    const retrying = <T>(work: () => Promise<T>) => withRetries(seams, setup.maxRetries, work);
    const around = <T>(work: () => Promise<T>) => (seams.retries === "around" ? retrying(work) : work());
    const inside = <T>(work: () => Promise<T>) => (seams.retries === "inside" ? retrying(work) : work());
    return {
      async text(prompt, options = {}) {
        const body = bodyOf(setup, prompt, options);
        const request = raw(body, options);
        const send = (grant: Grant) =>
          inside(async () => {
            const answer = await sendRaw(request(grant));
            return { ...answer, outcome: seams.judge(answer.outcome) };
          });
        if (setup.layers === 0) return (await sendRaw({ url, body, signal: options.signal })).value;
        return around(() => seams.enter(setup, seams.describe(requestOf(setup, body, options)), send));
      },
      async stream(prompt, options = {}) {
        const body = {
          ...bodyOf(setup, prompt, options),
          stream: true,
          stream_options: { include_usage: true },
        };
        const request = raw(body, options);
        const send = (grant: Grant) => inside(async () => judged(seams, await streamRaw(request(grant))));
        if (setup.layers === 0) return (await streamRaw({ url, body, signal: options.signal })).chunks;
        return around(() => seams.enterStream(setup, seams.describe(requestOf(setup, body, options)), send));
      },
    };
  };
}

function judged(seams: RawSeams, answer: StreamAnswer<string, TextStream>): StreamAnswer<string, TextStream> {
  const outcome = (complete: boolean) => seams.judge(answer.meter.outcome(complete));
  return { ...answer, meter: { ...answer.meter, outcome } };
}

async function withRetries<T>(seams: RawSeams, retries: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (retries === 0 || !seams.isRetryable(error)) throw error;
    return withRetries(seams, retries - 1, work);
  }
}

function bodyOf({ model }: AdapterSetup, prompt: string, { maxOutputTokens }: AdapterCallOptions): Body {
  const messages = [{ role: "user", content: prompt }];
  return {
    model,
    messages,
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
  };
}

function requestOf(setup: AdapterSetup, body: Body, options: AdapterCallOptions): GuardRequest {
  const { model, budgets, agent, onAbort, clamp, hold } = setup;
  return {
    provider: "openai",
    model,
    parts: [{ kind: "text", text: JSON.stringify(body) }],
    ...options,
    budgets,
    agent,
    onAbort,
    clamp,
    hold,
  };
}

/** True for refusals of wflo, which a careless retry takes for a bad connection. */
export function isRefusal(error: unknown): boolean {
  return WfloError.isInstance(error);
}
