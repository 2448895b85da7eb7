import { createOpenAI } from "@ai-sdk/openai";
import { meter, wfloMiddleware } from "@wflo/ai-sdk";
import { testAdapter, type AdapterCallOptions, type AdapterSetup } from "@wflo/testkit";
import {
  generateText,
  jsonSchema,
  streamText,
  tool,
  wrapLanguageModel,
  type LanguageModel,
  type ModelMessage,
  type ToolSet,
} from "ai";

type Api = "chat" | "responses";
type Model = ReturnType<ReturnType<typeof createOpenAI>["chat"]>;

/** What the suite does with the AI SDK: `wrap` puts one layer of wflo around a model. */
function adapterOf(
  baseURL: string,
  setup: AdapterSetup,
  api: Api,
  wrap: (model: Model, options: object) => Model,
) {
  const { layers, maxRetries, apiKey, model: name, onSend, timeoutMs: _, ...options } = setup;
  const send: typeof fetch = async (...sent) => {
    await onSend?.();
    return fetch(...sent);
  };
  let model = createOpenAI({ baseURL, apiKey, fetch: send })[api](name);
  for (let layer = 0; layer < layers; layer += 1) model = wrap(model, options);
  const asked = (prompt: string, { signal, maxOutputTokens, tools, image }: AdapterCallOptions) => {
    const picture = { type: "file" as const, data: image ?? "", mediaType: "image/png" };
    const content = [{ type: "text" as const, text: prompt }, ...(image === undefined ? [] : [picture])];
    const messages: ModelMessage[] = [{ role: "user", content }];
    return {
      model: model as LanguageModel,
      messages,
      maxRetries,
      ...(signal === undefined ? {} : { abortSignal: signal }),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(tools === undefined
        ? {}
        : {
            tools: Object.fromEntries(
              tools.map(({ name, description, parameters }) => [
                name,
                tool({ description, inputSchema: jsonSchema(parameters) }),
              ]),
            ) as ToolSet,
          }),
    };
  };
  return {
    cannot: { timeoutMs: "a time-out of the AI SDK ends the whole call: it does not try again after one" },
    async text(prompt: string, given: AdapterCallOptions = {}) {
      return (await generateText(asked(prompt, given))).text;
    },
    async stream(prompt: string, given: AdapterCallOptions = {}) {
      const { stream } = streamText({ ...asked(prompt, given), onError: () => {} });
      return begun(texts(stream, given.signal));
    },
  };
}

/** `streamText` returns before it asks its model; the suite takes a stream for one that was asked for. */
async function begun(stream: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first = await stream.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* stream;
  })();
}

/** The texts of a stream, after an empty one as soon as it has begun; an error in it, and its abort, are thrown. */
async function* texts(
  parts: AsyncIterable<{ readonly type: string; readonly text?: string; readonly error?: unknown }>,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  let hasBegun = false;
  for await (const part of parts) {
    if (part.type === "error") throw part.error;
    if (part.type === "abort") throw signal?.reason;
    if (part.type === "start") continue;
    if (!hasBegun) yield "";
    hasBegun = true;
    if (part.type === "text-delta") yield part.text ?? "";
  }
}

const reason =
  "streamText does not tell its model that its reader has left, only that it was aborted: it is read to its end";
const skip = [
  {
    test: "stops a stream that is broken off when told to cancel, and charges no less than was made",
    reason,
  },
  { test: "charges thoughts that nobody saw when a stream is broken off with cancel", reason },
];

testAdapter({
  name: "meter(model), chat",
  skip,
  create: (url, setup) => adapterOf(url, setup, "chat", (model, options) => meter(model, options)),
});

testAdapter({
  name: "meter(model), responses",
  skip,
  create: (url, setup) => adapterOf(url, setup, "responses", (model, options) => meter(model, options)),
});

testAdapter({
  name: "wfloMiddleware, chat",
  skip,
  create: (url, setup) =>
    adapterOf(url, setup, "chat", (model, options) =>
      wrapLanguageModel({ model, middleware: wfloMiddleware(options) }),
    ),
});
