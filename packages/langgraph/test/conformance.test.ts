import { meterChatModel } from "@wflo/langgraph";
import { testAdapter, type AdapterCallOptions, type AdapterSetup } from "@wflo/testkit";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";

/** What the suite does with a chat model of LangChain. */
function adapterOf(baseURL: string, setup: AdapterSetup, useResponsesApi: boolean) {
  const { layers, maxRetries, apiKey, model: name, timeoutMs: timeout, onSend, ...options } = setup;
  const send: typeof fetch = async (...sent) => {
    await onSend?.();
    return fetch(...sent);
  };
  const modelFor = (maxTokens: number | undefined): ChatOpenAI => {
    const own = {
      ...(timeout === undefined ? {} : { timeout }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    };
    const configuration = { baseURL, ...(onSend ? { fetch: send } : {}) };
    let model = new ChatOpenAI({ model: name, apiKey, maxRetries, useResponsesApi, configuration, ...own });
    for (let layer = 0; layer < layers; layer += 1) model = meterChatModel(model, options);
    return model;
  };
  const models = new Map<number | undefined, ChatOpenAI>();
  const asked = (prompt: string, { maxOutputTokens, tools, image, signal }: AdapterCallOptions) => {
    const model = models.get(maxOutputTokens) ?? modelFor(maxOutputTokens);
    models.set(maxOutputTokens, model);
    const functions = tools?.map((tool) => ({ type: "function" as const, function: tool }));
    const bound = functions === undefined ? model : model.bindTools(functions);
    const picture = { type: "image_url" as const, image_url: { url: image ?? "" } };
    const content = image === undefined ? prompt : [{ type: "text" as const, text: prompt }, picture];
    return {
      bound,
      messages: [new HumanMessage({ content })],
      config: signal === undefined ? {} : { signal },
    };
  };
  return {
    async text(prompt: string, options: AdapterCallOptions = {}) {
      const { bound, messages, config } = asked(prompt, options);
      return (await bound.invoke(messages, config)).text;
    },
    async stream(prompt: string, options: AdapterCallOptions = {}) {
      const { bound, messages, config } = asked(prompt, options);
      return texts(await bound.stream(messages, config));
    },
  };
}

async function* texts(chunks: AsyncIterable<{ readonly text: string }>): AsyncIterable<string> {
  for await (const chunk of chunks) yield chunk.text;
}

testAdapter({ name: "meterChatModel, ChatOpenAI", create: (url, setup) => adapterOf(url, setup, false) });

testAdapter({
  name: "meterChatModel, ChatOpenAI on responses",
  create: (url, setup) => adapterOf(url, setup, true),
});
