import OpenAI, { AzureOpenAI, toFile } from "openai";
import { expect, onTestFinished, test } from "vitest";
import { startSimulator, type Simulator, type SimulatorReply } from "../src/simulator/index.ts";

const MODEL = "gpt-4.1-nano";
const MESSAGES = [{ role: "user" as const, content: "Say something nice." }];

async function simulate(reply: SimulatorReply): Promise<{ simulator: Simulator; client: OpenAI }> {
  const simulator = await startSimulator({ reply: () => reply });
  onTestFinished(() => simulator.close());
  return { simulator, client: new OpenAI({ baseURL: simulator.url, apiKey: "none", maxRetries: 0 }) };
}

test("embeddings tell the tokens that are billed, and a vector for each input", async () => {
  const { simulator, client } = await simulate({ text: "not for embeddings" });
  const input = ["one two three", "four"];
  const answer = await client.embeddings.create({ model: "text-embedding-3-small", input, dimensions: 3 });
  expect(answer.data.map(({ embedding }) => embedding.length)).toEqual([3, 3]);
  expect(answer.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  expect(simulator.billed()).toMatchObject({ calls: 1, inputTokens: 4, outputTokens: 0 });
  const one = await client.embeddings.create({ model: "text-embedding-3-small", input: [1, 2, 3] });
  expect(one.data).toHaveLength(1);
});

test("completions tell their usage in one piece, and in a stream when asked", async () => {
  const { simulator, client } = await simulate({ text: "You are kind." });
  const request = { model: "gpt-3.5-turbo-instruct", prompt: "Say something nice." };
  const answer = await client.completions.create(request);
  expect(answer.choices[0]?.text).toBe("You are kind.");
  expect(answer.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 4 });
  const stream_options = { include_usage: true };
  const chunks = await collect(await client.completions.create({ ...request, stream: true, stream_options }));
  expect(chunks.map(({ choices }) => choices[0]?.text ?? "").join("")).toBe("You are kind.");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
  expect(simulator.billed()).toMatchObject({ calls: 2, inputTokens: 16, outputTokens: 8 });
  const capped = await client.completions.create({ ...request, max_tokens: 2 });
  expect(capped).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { completion_tokens: 2 } });
});

test("compacting a conversation is billed like a response", async () => {
  const { simulator, client } = await simulate({ outputTokens: 30, inputTokens: 500 });
  const answer = await client.responses.compact({ model: MODEL, input: "A long talk." });
  expect(answer).toMatchObject({
    object: "response.compaction",
    output: [{ type: "compaction" }],
    usage: { input_tokens: 500, output_tokens: 30 },
  });
  expect(simulator.journal[0]).toMatchObject({ api: "compact", served: { outputTokens: 30 } });
});

test("images are billed by tokens, of texts and images apart, and by the picture", async () => {
  const { simulator, client } = await simulate({ inputTokens: 340, imageTokens: 323 });
  const made = await client.images.generate({ model: "gpt-image-1", prompt: "A cat", n: 2 });
  expect(made.data).toHaveLength(2);
  expect(made.usage).toMatchObject({
    input_tokens: 340,
    input_tokens_details: { image_tokens: 323, text_tokens: 17 },
    output_tokens: 544,
  });
  const image = await toFile(new Uint8Array([1, 2, 3]), "cat.png", { type: "image/png" });
  await client.images.edit({ model: "gpt-image-1", image: [image, image], prompt: "A hat" });
  const old = await client.images.createVariation({ model: "dall-e-2", image, n: 3 });
  expect(old.usage).toBeUndefined();
  expect(simulator.requests.map(({ model }) => model)).toEqual(["gpt-image-1", "gpt-image-1", "dall-e-2"]);
  expect(simulator.requests[1]?.body["image"]).toHaveLength(2);
  expect(simulator.billed()).toMatchObject({ calls: 3, images: 6, imageTokens: 969 });
});

test("images come in parts when streamed, the usage with the last", async () => {
  const { simulator, client } = await simulate({ inputTokens: 10, outputTokens: 472 });
  const request = { model: "gpt-image-1", prompt: "A cat", stream: true as const, partial_images: 2 };
  const events = await collect(await client.images.generate(request));
  expect(events.map(({ type }) => type)).toEqual([
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
  expect(events.at(-1)).toMatchObject({ usage: { output_tokens: 472 } });
  const image = await toFile(new Uint8Array([1]), "cat.png", { type: "image/png" });
  const edited = await collect(await client.images.edit({ ...request, image }));
  expect(edited.at(-1)?.type).toBe("image_edit.completed");
  expect(simulator.billed()).toMatchObject({ outputTokens: 944, images: 2 });
});

test("transcriptions tell tokens, or seconds for whisper, and in plain formats nothing", async () => {
  const { simulator, client } = await simulate({ text: "You are kind.", seconds: 7, inputTokens: 70 });
  const file = await toFile(new Uint8Array(100), "talk.wav", { type: "audio/wav" });
  const told = await client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file });
  expect(told).toMatchObject({
    text: "You are kind.",
    usage: { type: "tokens", input_tokens: 70, output_tokens: 4, input_token_details: { audio_tokens: 70 } },
  });
  const whisper = await client.audio.transcriptions.create({ model: "whisper-1", file });
  expect(whisper.usage).toEqual({ type: "duration", seconds: 7 });
  const srt = await client.audio.transcriptions.create({ model: "whisper-1", file, response_format: "srt" });
  expect(srt).toContain("-->");
  const translated = await client.audio.translations.create({ model: "whisper-1", file });
  expect(translated).toEqual({ text: "You are kind." });
  expect(simulator.billed()).toMatchObject({ calls: 4, seconds: 28, audioTokens: 280 });
  expect(simulator.requests[0]?.body["file"]).toBeInstanceOf(File);
});

test("transcriptions stream their text, and tell the tokens at the end", async () => {
  const { client } = await simulate({ text: "You are kind.", inputTokens: 70 });
  const file = await toFile(new Uint8Array(100), "talk.wav", { type: "audio/wav" });
  const request = { model: "gpt-4o-transcribe", file, stream: true as const };
  const events = await collect(await client.audio.transcriptions.create(request));
  expect(events.map((event) => (event.type === "transcript.text.delta" ? event.delta : "")).join("")).toBe(
    "You are kind.",
  );
  expect(events.at(-1)).toMatchObject({ type: "transcript.text.done", usage: { output_tokens: 4 } });
});

test("speech is bytes, billed by the character or by its tokens", async () => {
  const { simulator, client } = await simulate({ outputTokens: 50 });
  const speech = { model: "tts-1", input: "Hello there.", voice: "alloy" };
  const audio = await client.audio.speech.create(speech);
  expect((await audio.arrayBuffer()).byteLength).toBe(12 * 64);
  expect(audio.headers.get("content-type")).toBe("audio/mpeg");
  const events = await client.audio.speech.create({ ...speech, stream_format: "sse" });
  expect(await events.text()).toContain('"output_tokens":50');
  expect(simulator.billed()).toMatchObject({ calls: 2, characters: 24, outputTokens: 100 });
});

test("paths are known by their ends: Azure, OpenRouter, Groq", async () => {
  const { simulator } = await simulate({ text: "Hello." });
  const azure = new AzureOpenAI({
    endpoint: simulator.origin,
    apiKey: "none",
    apiVersion: "2025-04-01-preview",
  });
  await azure.chat.completions.create({ model: "my-deployment", messages: MESSAGES });
  for (const base of ["/api/v1", "/openai/v1"]) {
    const client = new OpenAI({ baseURL: simulator.origin + base, apiKey: "none" });
    const answer = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
    expect(answer.choices[0]?.message.content).toBe("Hello.");
  }
  expect(simulator.requests.map(({ path }) => path)).toEqual([
    "/openai/deployments/my-deployment/chat/completions?api-version=2025-04-01-preview",
    "/api/v1/chat/completions",
    "/openai/v1/chat/completions",
  ]);
  const body = JSON.stringify({ messages: MESSAGES });
  await fetch(`${simulator.origin}/openai/deployments/other/chat/completions`, { method: "POST", body });
  expect(simulator.requests.map(({ model }) => model)).toEqual(["my-deployment", MODEL, MODEL, "other"]);
});

test.each([true, false])(
  "an answer that ignores its cap is given and billed whole, stream: %s",
  async (stream) => {
    const { simulator, client } = await simulate({ outputTokens: 50, ignoreCap: true });
    const request = { model: MODEL, messages: MESSAGES, max_completion_tokens: 8 };
    const text = stream
      ? (await collect(await client.chat.completions.create({ ...request, stream })))
          .map(({ choices }) => choices[0]?.delta.content ?? "")
          .join("")
      : (await client.chat.completions.create(request)).choices[0]?.message.content;
    expect(text).toBe(" word".repeat(50));
    expect(simulator.billed().outputTokens).toBe(50);
  },
);

test.each([
  ["smaller first", [25, 50]],
  ["larger first", [50, 25]],
] as const)("a stream tells its usage twice, the %s", async (usageTwice, told) => {
  const { simulator, client } = await simulate({ outputTokens: 50, usageTwice });
  const stream_options = { include_usage: true };
  const asked = { model: MODEL, messages: MESSAGES, stream: true as const, stream_options };
  const chunks = await collect(await client.chat.completions.create(asked));
  expect(chunks.flatMap(({ usage }) => usage?.completion_tokens ?? [])).toEqual(told);
  const events = await collect(await client.responses.create({ model: MODEL, input: "Hi", stream: true }));
  const usages = events.flatMap((event) =>
    event.type === "response.in_progress" || event.type === "response.completed"
      ? (event.response.usage?.output_tokens ?? [])
      : [],
  );
  expect(usages).toEqual(told);
  expect(simulator.billed().outputTokens).toBe(100);
});

test("what is not simulated is handed to aimock, such as moderations", async () => {
  const { simulator, client } = await simulate({});
  const answer = await client.moderations.create({ model: "omni-moderation-latest", input: "hi" });
  expect(answer.results[0]?.flagged).toBe(false);
  expect(simulator.requests).toHaveLength(0);
});

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
