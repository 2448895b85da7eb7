import { createOpenAI } from "@ai-sdk/openai";
import type { Agent } from "@mastra/core/agent";
import { noopLogger } from "@mastra/core/logger";
import { Mastra } from "@mastra/core/mastra";
import { meterModel, wfloProcessor, type AnyMastraModel } from "@wflo/mastra";
import { testAdapter, type AdapterCallOptions, type AdapterSetup } from "@wflo/testkit";
import { newAgent } from "./mastra-desk.ts";

type Api = "chat" | "responses" | "router";
type Meter = "model" | "processor";

/** What the suite does with an agent of Mastra's. */
function adapterOf(baseURL: string, setup: AdapterSetup, api: Api, meter: Meter) {
  const { layers, maxRetries, apiKey, model: name, onSend, timeoutMs: _, ...options } = setup;
  const send: typeof fetch = async (...sent) => {
    await onSend?.();
    return fetch(...sent);
  };
  const bare =
    api === "router"
      ? { id: `openai/${name}` as const, url: baseURL, apiKey }
      : createOpenAI({ baseURL, apiKey, fetch: send })[api](name);
  const modelLayers = meter === "processor" ? layers - 1 : layers;
  let model: AnyMastraModel = bare;
  for (let layer = 0; layer < modelLayers; layer += 1) model = meterModel(model, options);
  const inputProcessors = meter === "processor" && layers > 0 ? [wfloProcessor(options)] : [];
  // Two of one processor, which then names neither: the suite's calls are of no agent unless it says of which.
  const agents = { one: newAgent({ model, inputProcessors }), other: newAgent({ model, inputProcessors }) };
  const agent = new Mastra({ logger: noopLogger as never, agents }).getAgent("one");
  const asked = (prompt: string, given: AdapterCallOptions) => askedOf(prompt, given, maxRetries);
  return {
    cannot: {
      timeoutMs: "Mastra's time-out for a step ends it: it does not try again after one",
      ...(api === "router" ? { onSend: "the model router makes its own fetch" } : {}),
    },
    async text(prompt: string, given: AdapterCallOptions = {}) {
      const { messages, options } = asked(prompt, given);
      const result = await agent.generate(messages, options);
      // Mastra resolves what was aborted, with what there was.
      given.signal?.throwIfAborted();
      if (result.tripwire) throw stoppedBy(result.tripwire);
      if (result.error) throw result.error;
      return result.text;
    },
    async stream(prompt: string, given: AdapterCallOptions = {}) {
      const { messages, options } = asked(prompt, given);
      return begun(texts(await agent.stream(messages, options), given.signal));
    },
  };
}

function askedOf(
  prompt: string,
  { signal, maxOutputTokens, tools, image }: AdapterCallOptions,
  maxRetries: number,
) {
  const picture = { type: "file" as const, data: image ?? "", mediaType: "image/png" };
  const content = [{ type: "text" as const, text: prompt }, ...(image === undefined ? [] : [picture])];
  return {
    messages: [{ role: "user" as const, content }] as never,
    options: {
      modelSettings: { maxRetries, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) },
      ...(signal === undefined ? {} : { abortSignal: signal }),
      ...(tools === undefined
        ? {}
        : {
            clientTools: Object.fromEntries(
              tools.map(({ name, description, parameters }) => [
                name,
                { id: name, description, inputSchema: parameters },
              ]),
            ) as never,
          }),
    },
  };
}

/** A tripwire tells by its metadata what a refusal tells as an error. */
function stoppedBy(tripwire: { readonly reason: string; readonly metadata?: unknown }): Error {
  return Object.assign(new Error(tripwire.reason), tripwire.metadata);
}

/** `agent.stream` may return before its model is asked. */
async function begun(stream: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await stream.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* stream;
  })();
}

async function* texts(
  result: Awaited<ReturnType<Agent["stream"]>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  let hasBegun = false;
  for await (const chunk of result.fullStream) {
    if (chunk.type === "error") throw chunk.payload.error;
    if (chunk.type === "tripwire") throw stoppedBy(chunk.payload);
    if (chunk.type === "abort") throw signal?.reason;
    if (chunk.type === "start" || chunk.type === "step-start") continue;
    if (!hasBegun) yield "";
    hasBegun = true;
    if (chunk.type === "text-delta") yield chunk.payload.text;
  }
}

const reason = "Mastra does not tell its model that the reader of a stream has left: it is read to its end";
const skip = [
  {
    test: "stops a stream that is broken off when told to cancel, and charges no less than was made",
    reason,
  },
  { test: "charges thoughts that nobody saw when a stream is broken off with cancel", reason },
];

for (const [meter, api] of [
  // The other three pairs were tried as well; these have every part once.
  ["model", "chat"],
  ["processor", "responses"],
  ["processor", "router"],
] as const) {
  const name = meter === "model" ? "meterModel" : "wfloProcessor";
  testAdapter({ name: `${name}, ${api}`, skip, create: (url, setup) => adapterOf(url, setup, api, meter) });
}
