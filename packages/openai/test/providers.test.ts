import { UnknownPriceError, type Wflo } from "@wflo/core";
import { UnpricedEndpointError, wfloOpenAI } from "@wflo/openai";
import type { Simulator } from "@wflo/testkit/simulator";
import OpenAI, { AzureOpenAI, BedrockOpenAI, type ClientOptions } from "openai";
import { describe, expect, test } from "vitest";
import { CHAT, lines, metered, MODEL, newWflo, RESPONSE, settled, simulate } from "./support/desk.ts";

/** A fetch that takes what is meant for the world to a simulator, and notes where it was meant for. */
function toSimulator(simulator: Simulator, meant: string[] = []): NonNullable<ClientOptions["fetch"]> {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    meant.push(`${url.host}${url.pathname}${url.search}`);
    return fetch(url.protocol === "data:" ? url : `${simulator.origin}${url.pathname}${url.search}`, init);
  };
}

const under = (wflo: Wflo) => ({ wflo, budgets: ["user"] });
const REPLY = { text: "Hi", inputTokens: 1_000, outputTokens: 1_000 };

describe("AzureOpenAI", () => {
  const options = (simulator: Simulator, meant: string[]) => ({
    endpoint: "https://acme.openai.azure.com",
    apiKey: "k",
    apiVersion: "2025-04-01-preview",
    fetch: toSimulator(simulator, meant),
  });

  test("is charged at Azure's prices, told by its host, at the path of its deployment", async () => {
    const simulator = await simulate(REPLY);
    const meant: string[] = [];
    const wflo = await newWflo();
    const azure = wfloOpenAI(new AzureOpenAI(options(simulator, meant)), under(wflo));
    await azure.chat.completions.create({ ...CHAT, model: "gpt-4o-mini" });
    expect(meant).toEqual([
      "acme.openai.azure.com/openai/deployments/gpt-4o-mini/chat/completions?api-version=2025-04-01-preview",
    ]);
    expect(await lines(wflo, 1)).toMatchObject([
      { provider: "azure", model: "gpt-4o-mini", kind: "settle", charged: "0.00075" },
    ]);
  });

  test("with a deployment of a name of its own is priced as its user says", async () => {
    const simulator = await simulate(REPLY);
    const strange = wfloOpenAI(new AzureOpenAI(options(simulator, [])), under(await newWflo()));
    const error = await settled(strange.chat.completions.create({ ...CHAT, model: "my-chat" }));
    expect(error).toBeInstanceOf(UnknownPriceError);
    const wflo = await newWflo({ prices: { "azure/my-chat": { like: "azure/gpt-4o-mini" } } });
    const azure = wfloOpenAI(new AzureOpenAI(options(simulator, [])), under(wflo));
    await azure.chat.completions.create({ ...CHAT, model: "my-chat" });
    await azure.withOptions({ timeout: 9_000 }).chat.completions.create({ ...CHAT, model: "my-chat" });
    const ledger = await lines(wflo, 2);
    expect(ledger.map(({ charged }) => charged)).toEqual(["0.00075", "0.00075"]);
  });

  test("is priced by the deployment that serves, whatever model the request names", async () => {
    const simulator = await simulate({ ...REPLY, model: "gpt-4o" });
    const wflo = await newWflo();
    const given = { ...options(simulator, []), deployment: "gpt-4o" };
    const azure = wfloOpenAI(new AzureOpenAI(given), under(wflo));
    for (const model of ["gpt-4o-mini", ""])
      await azure.chat.completions.create({ ...CHAT, model, max_tokens: 1_000 });
    const ledger = await lines(wflo, 2);
    expect(ledger.map(({ model, charged, held }) => [model, charged, Number(held) >= 0.01])).toEqual([
      ["gpt-4o", "0.0125", true],
      ["gpt-4o", "0.0125", true],
    ]);
  });

  test("finds the model of a form and of a stream in the form, and its deployment in the path", async () => {
    const simulator = await simulate({ text: "Hi", inputTokens: 100, outputTokens: 4 });
    const meant: string[] = [];
    const wflo = await newWflo({
      prices: {
        "azure/scribe": {
          input: "2.5",
          inputAudio: "6",
          output: "10",
          contextWindow: 16_000,
          maxOutputTokens: 2_000,
        },
      },
    });
    const azure = wfloOpenAI(new AzureOpenAI(options(simulator, meant)), under(wflo));
    const file = new File([new Uint8Array(1_000)], "talk.mp3");
    await azure.audio.transcriptions.create({ file, model: "scribe" });
    async function* streamed() {
      yield new Uint8Array(1_000);
    }
    const stream = Object.assign(streamed(), { name: "talk.mp3" });
    await azure.audio.transcriptions.create({ file: stream as never, model: "scribe" });
    // The SDK tries out, on its own, whether fetch knows forms.
    const sent = meant.filter((url) => url.includes("acme"));
    expect(sent).toHaveLength(2);
    expect(sent.every((url) => url.includes("/deployments/scribe/audio/transcriptions"))).toBe(true);
    const ledger = await lines(wflo, 2);
    expect(ledger.map(({ model, charged }) => [model, charged])).toEqual([
      ["scribe", "0.00064"],
      ["scribe", "0.00064"],
    ]);
  });
});

describe("a base URL of another provider", () => {
  test.each<[string, string, string, string]>([
    ["https://openrouter.ai/api/v1", "openrouter", "openai/gpt-4o-mini", "0.00075"],
    ["https://api.groq.com/openai/v1", "groq", "llama-3.1-8b-instant", "0.00013"],
    ["https://api.deepseek.com", "deepseek", "deepseek-chat", "0.0007"],
    ["https://api.x.ai/v1", "x-ai", "grok-3-mini", "0.0008"],
  ])("%s is charged at the prices of %s", async (baseURL, provider, model, charged) => {
    const simulator = await simulate(REPLY);
    const meant: string[] = [];
    const wflo = await newWflo();
    const client = metered(baseURL, wflo, { fetch: toSimulator(simulator, meant) });
    // What is asked for is bounded: not every one of these lists how long its answers get.
    await client.chat.completions.create({ ...CHAT, model, max_tokens: 2_000 });
    expect(meant[0]).toContain("/chat/completions");
    expect(await lines(wflo, 1)).toMatchObject([{ provider, model, kind: "settle", charged }]);
  });

  test.each(["http://localhost:11434/v1", "http://127.0.0.1:1234/v1", "http://vllm.internal:8000/v1"])(
    "that is a server of one's own, %s, needs a price, and the refusal says how to write it",
    async (baseURL) => {
      const simulator = await simulate(REPLY);
      const fetch = toSimulator(simulator);
      const refused = metered(baseURL, await newWflo(), { fetch });
      const error = await settled(refused.chat.completions.create({ ...CHAT, model: "llama3.2" }));
      expect(error).toBeInstanceOf(UnknownPriceError);
      expect((error as Error).message).toContain('prices: { "openai/llama3.2": { input:');
      const free = { "ollama/llama3.2": { input: 0, output: 0, maxOutputTokens: 8_192 } };
      const wflo = await newWflo({ prices: free });
      const client = metered(baseURL, wflo, { fetch }, { provider: "ollama" });
      await client.chat.completions.create({ ...CHAT, model: "llama3.2" });
      expect(await lines(wflo, 1)).toMatchObject([{ provider: "ollama", kind: "settle", charged: "0.00" }]);
    },
  );

  test("that rewrites the model's name is charged at the price of what was asked for", async () => {
    const { url } = await simulate({ ...REPLY, model: "fast-and-cheap-v7" });
    const wflo = await newWflo();
    await metered(url, wflo).chat.completions.create(CHAT);
    expect(await lines(wflo, 1)).toMatchObject([
      { model: MODEL, kind: "settle", charged: "0.0005", receipt: { servedModel: "fast-and-cheap-v7" } },
    ]);
  });
});

describe("what OpenAI gives for free", () => {
  test.each(["moderations", "conversations"])(
    "is refused at a provider whose prices for %s nobody knows, and told when strict is false",
    async (path) => {
      const simulator = await simulate(REPLY);
      const meant: string[] = [];
      const fetch = toSimulator(simulator, meant);
      const client = metered("https://api.mistral.ai/v1", await newWflo(), { fetch });
      const error = await settled(
        client.post(`/${path}`, { body: { model: "mistral-large-latest", inputs: "x" } }),
      );
      expect(error).toBeInstanceOf(UnpricedEndpointError);
      expect((error as Error).message).toContain(
        `Calls to /${path} are paid, but wflo cannot count them: they are free`,
      );
      expect(meant).toEqual([]);
    },
  );
});

test.each([
  ["OpenAI", "openai"],
  ["azure-openai", "azure"],
])(
  "a provider that is called %s is %s, in the ledger and in what it gives for free",
  async (provider, name) => {
    const { url } = await simulate(REPLY);
    const wflo = await newWflo();
    const client = metered(url, wflo, {}, { provider });
    await client.chat.completions.create(CHAT);
    expect(await lines(wflo, 1)).toMatchObject([{ provider: name, kind: "settle" }]);
    await client.moderations.create({ input: "x" });
  },
);

describe("BedrockOpenAI", () => {
  test("is metered, keeps its own class, and sends nowhere else", async () => {
    const simulator = await simulate(REPLY);
    const meant: string[] = [];
    const wflo = await newWflo({
      prices: { "aws/openai.gpt-oss-20b": { input: "0.07", output: "0.3", maxOutputTokens: 8_192 } },
    });
    const bedrock = new BedrockOpenAI({
      awsRegion: "us-west-2",
      apiKey: "k",
      fetch: toSimulator(simulator, meant),
    });
    const client = wfloOpenAI(bedrock, { ...under(wflo), provider: "aws" });
    expect(client).toBeInstanceOf(BedrockOpenAI);
    const answer = await client.responses.create({ ...RESPONSE, model: "openai.gpt-oss-20b" });
    expect(answer.output_text).toBe("Hi");
    expect(meant[0]).toMatch(/^bedrock-mantle\.us-west-2\.api\.aws\/openai\/v1\/responses/);
    expect(await lines(wflo, 1)).toMatchObject([{ provider: "aws", kind: "settle", charged: "0.00037" }]);
    await client
      .withOptions({ maxRetries: 0 })
      .responses.create({ ...RESPONSE, model: "openai.gpt-oss-20b" });
    expect(await lines(wflo, 2)).toHaveLength(2);
  });
});

test("a subclass with a base URL of its own is told by that", async () => {
  class Router extends OpenAI {
    constructor(options: ClientOptions) {
      super({ baseURL: "https://openrouter.ai/api/v1", apiKey: "k", ...options });
    }
  }
  const simulator = await simulate(REPLY);
  const wflo = await newWflo();
  const client = wfloOpenAI(new Router({ fetch: toSimulator(simulator) }), under(wflo));
  await client.chat.completions.create({ ...CHAT, model: "openai/gpt-4o-mini", max_tokens: 2_000 });
  expect(await lines(wflo, 1)).toMatchObject([{ provider: "openrouter", charged: "0.00075" }]);
});
