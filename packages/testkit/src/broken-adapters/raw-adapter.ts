import type { Answer, Grant, StreamAnswer } from "@wflo/core";
import type {
  AdapterCallOptions,
  AdapterSetup,
  AdapterUnderTest,
  CreateAdapter,
} from "../suites/adapter-case.ts";
import { largerUsage, rawMeter } from "./raw-meter.ts";
import { careful, type RawBody, type RawSeams, type TextStream } from "./raw-seams.ts";
import { bodyOf, requestOf, streamed } from "./raw-request.ts";
import { RawTimer } from "./raw-timer.ts";
import { sendRaw, streamRaw, type RawRequest } from "./raw-wire.ts";

/** A small adapter on `fetch` that keeps every promise, but for what `flaws` replaces. */
export function rawAdapter(flaws: Partial<RawSeams> = {}): CreateAdapter {
  const seams = { ...careful, ...flaws };
  return (url, setup) => {
    if (setup.layers === 0) return plainAdapter(url, setup);
    const { apiKey, onSend } = setup;
    const retrying = <T>(work: () => Promise<T>) => withRetries(seams, setup.maxRetries, work);
    const around = <T>(work: () => Promise<T>) => (seams.retries === "around" ? retrying(work) : work());
    const inside = <T>(work: () => Promise<T>) => (seams.retries === "inside" ? retrying(work) : work());
    const prepare = (body: RawBody, options: AdapterCallOptions) => {
      const timer = new RawTimer(setup.timeoutMs, options.signal);
      const { timedOut, signal } = timer;
      return {
        timer,
        asked: seams.describe({ ...requestOf(setup, body, options), timedOut, signal }),
        sent: (grant: Grant): RawRequest => ({
          url,
          apiKey,
          body: seams.write(body, grant),
          signal: seams.signalFor(grant, options),
          onSend: onSend && (() => seams.atWire(onSend)),
        }),
      };
    };
    return {
      async text(prompt, options = {}) {
        const body = bodyOf(setup, prompt, options);
        return around(() => {
          const { timer, asked, sent } = prepare(body, options);
          const send = (grant: Grant) => timer.during(() => inside(() => answer(seams, sent(grant))));
          return seams.enter(setup, asked, send);
        });
      },
      async stream(prompt, options = {}) {
        const body = streamed(bodyOf(setup, prompt, options));
        return around(() => {
          const { timer, asked, sent } = prepare(body, options);
          const send = (grant: Grant) => timer.during(() => inside(() => streamAnswer(seams, sent(grant))));
          return seams.enterStream(setup, asked, send);
        });
      },
    };
  };
}

/** The adapter without a door. */
function plainAdapter(url: string, setup: AdapterSetup): AdapterUnderTest {
  const { apiKey, onSend } = setup;
  return {
    async text(prompt, options = {}) {
      const body = bodyOf(setup, prompt, options);
      return (await sendRaw({ url, apiKey, body, signal: options.signal, onSend })).value;
    },
    async stream(prompt, options = {}) {
      const body = streamed(bodyOf(setup, prompt, options));
      return textsIn(await streamRaw({ url, apiKey, body, signal: options.signal, onSend }));
    },
  };
}

async function* textsIn(events: ReadableStream<string>): TextStream {
  const meter = rawMeter(largerUsage);
  for await (const event of events) yield* meter.read(event);
}

async function answer(seams: RawSeams, request: RawRequest): Promise<Answer<string>> {
  try {
    const { value, outcome } = await sendRaw(request);
    return { value, outcome: seams.judge(outcome) };
  } catch (error) {
    return { value: "", outcome: seams.onFailure(error, request) };
  }
}

async function streamAnswer(
  seams: RawSeams,
  request: RawRequest,
): Promise<StreamAnswer<string, TextStream> | Answer<TextStream>> {
  try {
    const chunks = await streamRaw(request);
    const meter = seams.meter(rawMeter(seams.pickUsage));
    const outcome = (complete: boolean) => seams.judge(meter.outcome(complete));
    return { chunks, meter: { ...meter, outcome }, value: (texts) => texts };
  } catch (error) {
    return { value: textsIn(ReadableStream.from([])), outcome: seams.onFailure(error, request) };
  }
}

async function withRetries<T>(seams: RawSeams, retries: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (retries === 0 || !seams.isRetryable(error)) throw error;
    return withRetries(seams, retries - 1, work);
  }
}
