import type { Answer, Grant, GuardRequest, StreamAnswer } from "@wflo/core";
import type {
  AdapterCallOptions,
  AdapterSetup,
  AdapterUnderTest,
  CreateAdapter,
} from "../suites/adapter-case.ts";
import { largerUsage, rawMeter } from "./raw-meter.ts";
import { careful, type RawBody, type RawSeams, type TextStream } from "./raw-seams.ts";
import { sendRaw, streamRaw, type RawRequest } from "./raw-wire.ts";

/** A small adapter on `fetch` that keeps every promise, but for what `flaws` replaces. */
export function rawAdapter(flaws: Partial<RawSeams> = {}): CreateAdapter {
  const seams = { ...careful, ...flaws };
  return (url, setup) => {
    if (setup.layers === 0) return plainAdapter(url, setup);
    const { apiKey } = setup;
    const retrying = <T>(work: () => Promise<T>) => withRetries(seams, setup.maxRetries, work);
    const around = <T>(work: () => Promise<T>) => (seams.retries === "around" ? retrying(work) : work());
    const inside = <T>(work: () => Promise<T>) => (seams.retries === "inside" ? retrying(work) : work());
    const prepare = (body: RawBody, options: AdapterCallOptions) => ({
      asked: seams.describe(requestOf(setup, body, options)),
      sent: (grant: Grant): RawRequest => ({
        url,
        apiKey,
        body: seams.write(body, grant),
        signal: seams.signalFor(grant, options),
      }),
    });
    return {
      async text(prompt, options = {}) {
        const { asked, sent } = prepare(bodyOf(setup, prompt, options), options);
        const send = (grant: Grant) => inside(() => answer(seams, sent(grant)));
        return around(() => seams.enter(setup, asked, send));
      },
      async stream(prompt, options = {}) {
        const { asked, sent } = prepare(streamed(bodyOf(setup, prompt, options)), options);
        const send = (grant: Grant) => inside(() => streamAnswer(seams, sent(grant)));
        return around(() => seams.enterStream(setup, asked, send));
      },
    };
  };
}

/** The adapter without a door. */
function plainAdapter(url: string, setup: AdapterSetup): AdapterUnderTest {
  const { apiKey } = setup;
  return {
    async text(prompt, options = {}) {
      const body = bodyOf(setup, prompt, options);
      return (await sendRaw({ url, apiKey, body, signal: options.signal })).value;
    },
    async stream(prompt, options = {}) {
      const body = streamed(bodyOf(setup, prompt, options));
      return textsIn(await streamRaw({ url, apiKey, body, signal: options.signal }));
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

function bodyOf({ model }: AdapterSetup, prompt: string, { maxOutputTokens }: AdapterCallOptions): RawBody {
  const messages = [{ role: "user", content: prompt }];
  return {
    model,
    messages,
    ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
  };
}

function streamed(body: RawBody): RawBody {
  return { ...body, stream: true, stream_options: { include_usage: true } };
}

function requestOf(setup: AdapterSetup, body: RawBody, options: AdapterCallOptions): GuardRequest {
  const { model, budgets, agent, onAbort, onCut, clamp, hold } = setup;
  return {
    provider: "openai",
    model,
    parts: [{ kind: "text", text: JSON.stringify(body) }],
    reasoning: false,
    ...options,
    budgets,
    agent,
    onAbort,
    onCut,
    clamp,
    hold,
  };
}
