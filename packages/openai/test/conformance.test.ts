import { testAdapter, type AdapterCallOptions, type AdapterSetup } from "@wflo/testkit";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";

function clientFor(baseURL: string, setup: AdapterSetup): OpenAI {
  const { layers, maxRetries, apiKey, model: _, timeoutMs: timeout, onSend, ...options } = setup;
  const send: typeof fetch = async (...sent) => {
    await onSend?.();
    return fetch(...sent);
  };
  const own = { ...(timeout === undefined ? {} : { timeout }), ...(onSend ? { fetch: send } : {}) };
  let client = new OpenAI({ baseURL, apiKey, maxRetries, logLevel: "off", ...own });
  for (let layer = 0; layer < layers; layer += 1) client = wfloOpenAI(client, options);
  return client;
}

testAdapter({
  name: "wfloOpenAI, chat completions",
  create(url, setup) {
    const { completions } = clientFor(url, setup).chat;
    const request = (prompt: string, { maxOutputTokens, tools, image }: AdapterCallOptions) => ({
      model: setup.model,
      messages: [{ role: "user" as const, content: image === undefined ? prompt : pictured(prompt, image) }],
      ...(tools ? { tools: tools.map((tool) => ({ type: "function" as const, function: tool })) } : {}),
      ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
    });
    const pictured = (text: string, url: string) => [
      { type: "text" as const, text },
      { type: "image_url" as const, image_url: { url } },
    ];
    return {
      async text(prompt, options = {}) {
        const { signal } = options;
        const answer = await completions.create(request(prompt, options), { signal });
        return answer.choices[0]?.message.content ?? "";
      },
      async stream(prompt, options = {}) {
        const { signal } = options;
        const streamed = { ...request(prompt, options), stream: true as const };
        const chunks = await completions.create(streamed, { signal });
        return mapped(chunks, (chunk) => chunk.choices[0]?.delta.content ?? "");
      },
    };
  },
});

testAdapter({
  name: "wfloOpenAI, responses",
  create(url, setup) {
    const { responses } = clientFor(url, setup);
    const request = (prompt: string, { maxOutputTokens, tools, image }: AdapterCallOptions) => ({
      model: setup.model,
      input: image === undefined ? prompt : [{ role: "user" as const, content: pictured(prompt, image) }],
      ...(tools
        ? { tools: tools.map((tool) => ({ type: "function" as const, ...tool, strict: false })) }
        : {}),
      ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    });
    const pictured = (text: string, image_url: string) => [
      { type: "input_text" as const, text },
      { type: "input_image" as const, image_url, detail: "auto" as const },
    ];
    return {
      async text(prompt, options = {}) {
        const { signal } = options;
        return (await responses.create(request(prompt, options), { signal })).output_text;
      },
      async stream(prompt, options = {}) {
        const { signal } = options;
        const streamed = { ...request(prompt, options), stream: true as const };
        const events = await responses.create(streamed, { signal });
        return mapped(events, (event) => (event.type === "response.output_text.delta" ? event.delta : ""));
      },
    };
  },
});

async function* mapped<From, To>(items: AsyncIterable<From>, map: (item: From) => To): AsyncIterable<To> {
  for await (const item of items) yield map(item);
}
