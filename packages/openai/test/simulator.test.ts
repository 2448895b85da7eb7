import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { type Simulator, type SimulatorReply, startSimulator } from "@wflo/testkit/simulator";

let simulator: Simulator;
afterEach(() => simulator.close());

async function clientFor(reply: SimulatorReply): Promise<OpenAI> {
  simulator = await startSimulator({ reply: () => reply });
  return new OpenAI({ baseURL: simulator.url, apiKey: "none", maxRetries: 0 });
}

const CHAT = { model: "gpt-4.1-nano", messages: [{ role: "user" as const, content: "Say something nice." }] };
const RESPONSE = { model: "gpt-4.1-nano", input: "Say something nice." };
const WEATHER = { name: "weather", arguments: { city: "Zürich" } };
const DETAILS: SimulatorReply = {
  text: "You are kind.",
  inputTokens: 1000,
  cachedTokens: 600,
  cacheWriteTokens: 100,
  outputTokens: 80,
  reasoningTokens: 64,
  serviceTier: "flex",
  model: "gpt-4.1-nano-2025-04-14",
};

describe("chat", () => {
  it("answers with full usage details, the served model and the served tier", async () => {
    const client = await clientFor(DETAILS);
    const answer = await client.chat.completions.create(CHAT);
    expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "You are kind." } });
    expect(answer).toMatchObject({ model: DETAILS.model, service_tier: "flex" });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 1000,
      completion_tokens: 80,
      total_tokens: 1080,
      prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 64 },
    });
  });

  it("streams, and tells the usage in a chunk without choices only if asked", async () => {
    const client = await clientFor(DETAILS);
    const asked = await collect(
      await client.chat.completions.create({
        ...CHAT,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 80 } });
    expect(asked.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(asked.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("You are kind.");

    const unasked = await collect(await client.chat.completions.create({ ...CHAT, stream: true }));
    expect(unasked.every((chunk) => chunk.choices.length === 1 && !("usage" in chunk))).toBe(true);
    expect(simulator.billed()).toMatchObject({ calls: 2, outputTokens: 160, cachedTokens: 1200 });
  });

  it.each([true, false])("calls tools, stream: %s", async (stream) => {
    const client = await clientFor({ text: "Looking.", toolCalls: [WEATHER, WEATHER] });
    const tools = [{ type: "function" as const, function: { name: "weather", parameters: {} } }];
    const answer = stream
      ? await client.chat.completions.stream({ ...CHAT, tools }).finalChatCompletion()
      : await client.chat.completions.create({ ...CHAT, tools });
    const calls = answer.choices[0]?.message.tool_calls?.map(
      (call) => call.type === "function" && call.function,
    );
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: "Looking." },
    });
    expect(calls).toMatchObject([
      { name: "weather", arguments: JSON.stringify(WEATHER.arguments) },
      { name: "weather" },
    ]);
  });

  it.each([true, false])("cuts the answer at the request's cap, stream: %s", async (stream) => {
    const client = await clientFor({ outputTokens: 500, reasoningTokens: 10 });
    const request = { ...CHAT, max_completion_tokens: 16 };
    const answer = stream
      ? await client.chat.completions
          .stream({ ...request, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await client.chat.completions.create(request);
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.choices[0]?.message.content).toBe(" word".repeat(6));
    expect(answer.usage).toMatchObject({
      completion_tokens: 16,
      completion_tokens_details: { reasoning_tokens: 10 },
    });
  });
});

describe("responses", () => {
  it.each([true, false])("answers with full usage details, stream: %s", async (stream) => {
    const client = await clientFor(DETAILS);
    const answer = stream
      ? await client.responses.stream(RESPONSE).finalResponse()
      : await client.responses.create(RESPONSE);
    expect(answer).toMatchObject({ output_text: "You are kind.", status: "completed", service_tier: "flex" });
    expect(answer.output.map((item) => item.type)).toEqual(["reasoning", "message"]);
    expect(answer.usage).toEqual({
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 600, cache_write_tokens: 100 },
      output_tokens: 80,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 1080,
    });
  });

  it.each([true, false])("calls tools, stream: %s", async (stream) => {
    const client = await clientFor({ toolCalls: [WEATHER] });
    const answer = stream
      ? await client.responses.stream(RESPONSE).finalResponse()
      : await client.responses.create(RESPONSE);
    expect(answer.output).toMatchObject([
      { type: "function_call", name: "weather", arguments: JSON.stringify(WEATHER.arguments) },
    ]);
  });

  it.each([true, false])("cuts the answer at the request's cap, stream: %s", async (stream) => {
    const client = await clientFor({ outputTokens: 500 });
    const request = { ...RESPONSE, max_output_tokens: 16 };
    const answer = stream
      ? await client.responses.stream(request).finalResponse()
      : await client.responses.create(request);
    expect(answer).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    });
    expect(answer.usage?.output_tokens).toBe(16);
    expect(answer.output_text).toBe(" word".repeat(16));
  });
});

describe("failures", () => {
  it("answers with an HTTP error that bills nothing, and the real client retries after retry-after", async () => {
    const replies: SimulatorReply[] = [{ status: 429, retryAfterMs: 40 }, { text: "ok" }];
    simulator = await startSimulator({ reply: ({ index }) => replies[index]! });
    const client = new OpenAI({ baseURL: simulator.url, apiKey: "none", maxRetries: 1 });
    await client.chat.completions.create(CHAT);
    expect(simulator.journal.map(({ status, served }) => [status, served !== undefined])).toEqual([
      [429, false],
      [200, true],
    ]);
    expect(simulator.journal[1]!.at.getTime() - simulator.journal[0]!.at.getTime()).toBeGreaterThanOrEqual(
      39,
    );
    expect(simulator.billed().calls).toBe(1);
  });

  it("tells the code of an error", async () => {
    const client = await clientFor({ status: 429, errorCode: "insufficient_quota" });
    await expect(client.responses.create(RESPONSE)).rejects.toMatchObject({
      status: 429,
      code: "insufficient_quota",
    });
  });

  it("cuts a stream after the chunks asked for, and bills what was served", async () => {
    const client = await clientFor({ outputTokens: 100, cutAfterChunks: 7 });
    const chunks: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({ ...CHAT, stream: true })) {
        const text = chunk.choices[0]?.delta.content;
        if (text) chunks.push(text);
      }
    };
    await expect(reading()).rejects.toThrow(/terminated|premature|closed/i);
    expect(chunks).toHaveLength(7);
    expect(simulator.journal[0]).toMatchObject({
      status: 200,
      clientGone: false,
      served: { outputTokens: 7 },
    });
  });

  it.each([0, 3])("sends an error event under HTTP 200 after %i chunks", async (errorAfterChunks) => {
    const client = await clientFor({ outputTokens: 100, errorAfterChunks });
    const reading = async (): Promise<unknown> =>
      collect(await client.chat.completions.create({ ...CHAT, stream: true }));
    await expect(reading()).rejects.toMatchObject({ code: "server_error" });
    const responding = async (): Promise<unknown> =>
      collect(await client.responses.create({ ...RESPONSE, stream: true }));
    await expect(responding()).rejects.toMatchObject({ code: "server_error" });
    expect(simulator.billed()).toMatchObject({
      calls: errorAfterChunks === 0 ? 0 : 2,
      outputTokens: errorAfterChunks * 2,
    });
  });

  it("never answers when told so, bills it in full, and closes all the same", async () => {
    const client = await clientFor({ neverAnswer: true, outputTokens: 9 });
    await expect(client.chat.completions.create(CHAT, { timeout: 50 })).rejects.toThrow(/timed out/);
    const waiting = client.chat.completions.create(CHAT).catch((error: unknown) => error);
    await until(() => simulator.journal.length === 2);
    await simulator.close();
    expect(await waiting).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(simulator.billed().outputTokens).toBe(18);
    expect(simulator.journal[0]?.clientGone).toBe(true);
  });

  it("notices a client that leaves, and bills what was made until then", async () => {
    const client = await clientFor({ outputTokens: 1000, tokensPerSecond: 200 });
    for await (const chunk of await client.chat.completions.create({ ...CHAT, stream: true })) {
      if (chunk.choices[0]?.delta.content) break;
    }
    await until(() => simulator.journal[0]?.done === true);
    expect(simulator.journal[0]?.clientGone).toBe(true);
    expect(simulator.journal[0]?.served?.outputTokens).toBeGreaterThanOrEqual(1);
    expect(simulator.journal[0]?.served?.outputTokens).toBeLessThan(200);
  });

  it("answers 400 to what is no JSON", async () => {
    await clientFor({});
    const answer = await fetch(`${simulator.url}/responses`, { method: "POST", body: "{" });
    expect(answer.status).toBe(400);
  });
});

it("counts at most one token a byte of the request", async () => {
  const client = await clientFor({ text: "" });
  const content = "Ünïcode 🙂🙂  words, {punctuation}\n\n\tand a verylongwordwithoutanyspace 1234567890";
  const answer = await client.chat.completions.create({ ...CHAT, messages: [{ role: "user", content }] });
  const bytes = new TextEncoder().encode(JSON.stringify(simulator.requests[0]!.body)).length;
  expect(answer.usage?.prompt_tokens).toBeGreaterThan(20);
  expect(answer.usage?.prompt_tokens).toBeLessThan(bytes);
});

it("serves a thousand streams at once", async () => {
  const client = await clientFor({ outputTokens: 20, tokensPerSecond: 20 });
  const open = async (): Promise<number> => {
    const stream = await client.chat.completions.create({ ...CHAT, stream: true });
    return (await collect(stream)).filter((chunk) => chunk.choices[0]?.delta.content).length;
  };
  const counts = await Promise.all(Array.from({ length: 1000 }, open));
  expect(new Set(counts)).toEqual(new Set([20]));
  expect(simulator.billed()).toMatchObject({ calls: 1000, outputTokens: 20_000 });
});

it("hands other endpoints to aimock", async () => {
  simulator = await startSimulator({ reply: () => ({}) });
  const client = new OpenAI({ baseURL: simulator.url, apiKey: "none" });
  const answer = await client.moderations.create({ model: "omni-moderation-latest", input: "hi" });
  expect(answer.results[0]?.flagged).toBe(false);
});

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
