import { testAdapter, type AdapterSetup } from "@wflo/testkit";
import { wfloOpenAI } from "@wflo/openai";
import OpenAI from "openai";

function clientFor(baseURL: string, setup: AdapterSetup): OpenAI {
  const { layers, maxRetries, apiKey, model: _, ...options } = setup;
  let client = new OpenAI({ baseURL, apiKey, maxRetries, logLevel: "off" });
  for (let layer = 0; layer < layers; layer += 1) client = wfloOpenAI(client, options);
  return client;
}

testAdapter({
  name: "wfloOpenAI, chat completions",
  create(url, setup) {
    const { completions } = clientFor(url, setup).chat;
    const request = (prompt: string, maxOutputTokens: number | undefined) => ({
      model: setup.model,
      messages: [{ role: "user" as const, content: prompt }],
      ...(maxOutputTokens === undefined ? {} : { max_completion_tokens: maxOutputTokens }),
    });
    return {
      async text(prompt, { signal, maxOutputTokens } = {}) {
        const answer = await completions.create(request(prompt, maxOutputTokens), { signal });
        return answer.choices[0]?.message.content ?? "";
      },
      async stream(prompt, { signal, maxOutputTokens } = {}) {
        const streamed = { ...request(prompt, maxOutputTokens), stream: true as const };
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
    const request = (prompt: string, maxOutputTokens: number | undefined) => ({
      model: setup.model,
      input: prompt,
      ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    });
    return {
      async text(prompt, { signal, maxOutputTokens } = {}) {
        return (await responses.create(request(prompt, maxOutputTokens), { signal })).output_text;
      },
      async stream(prompt, { signal, maxOutputTokens } = {}) {
        const streamed = { ...request(prompt, maxOutputTokens), stream: true as const };
        const events = await responses.create(streamed, { signal });
        return mapped(events, (event) => (event.type === "response.output_text.delta" ? event.delta : ""));
      },
    };
  },
});

async function* mapped<From, To>(items: AsyncIterable<From>, map: (item: From) => To): AsyncIterable<To> {
  for await (const item of items) yield map(item);
}
