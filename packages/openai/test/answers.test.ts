import { isBudgetExceeded, type LedgerLine, type PriceTable } from "@wflo/core";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { readAnswer } from "../src/told-twice.ts";
import {
  CHAT,
  collect,
  lines,
  metered,
  MODEL,
  newWflo,
  plain,
  RESPONSE,
  serve,
  settled,
  simulate,
} from "./support/desk.ts";

const usage = (prompt: number, completion: number) =>
  `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},"prompt_tokens_details":{"cached_tokens":0}}`;
const chat = (fields: string) =>
  `{"id":"c","object":"chat.completion","model":"${MODEL}","choices":[{"message":{"content":"{\\"usage\\":{\\"prompt_tokens\\":9}}"}}],${fields}}`;

describe("an answer that tells its usage twice", () => {
  test.each([
    ["the first is larger", chat(`"usage":${usage(10, 500)},"usage":${usage(10, 5)}`)],
    ["the last is larger", chat(`"usage":${usage(10, 5)},"usage":${usage(10, 500)}`)],
    ["a proxy adds one inside", chat(`"usage":${usage(10, 5)},"x_proxy":{"usage":${usage(10, 500)}}`)],
  ])("is charged by the larger one: %s", async (_, body) => {
    const url = await serve((_request, response) =>
      response.setHeader("content-type", "application/json").end(body),
    );
    const wflo = await newWflo();
    await metered(url, wflo).chat.completions.create(CHAT);
    // 10 x $0.10 and 500 x $0.40 a million.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.000201" }]);
  });

  test("is charged by the dearer one, not by the one with more tokens", async () => {
    const body = chat(`"usage":${usage(2_000, 5)},"usage":${usage(10, 1_000)}`);
    for (const text of [body, chat(`"usage":${usage(10, 1_000)},"usage":${usage(2_000, 5)}`)])
      expect(readAnswer(text)).toMatchObject({ usage: { completion_tokens: 1_000 } });
    const cached = `{"prompt_tokens":2000,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":1900}}`;
    expect(readAnswer(chat(`"usage":${cached},"usage":${usage(1_900, 5)}`))).toMatchObject({
      usage: { prompt_tokens: 1_900 },
    });
    const thoughts = `{"prompt_tokens":10,"completion_tokens":1,"total_tokens":900}`;
    expect(readAnswer(chat(`"usage":${usage(10, 500)},"usage":${thoughts}`))).toMatchObject({
      usage: { total_tokens: 900 },
    });
  });

  test.each([["smaller first"], ["larger first"]] as const)("as a stream too: %s", async (usageTwice) => {
    const { url } = await simulate({ text: "Hello there.", inputTokens: 10, outputTokens: 40, usageTwice });
    for (const read of [
      async (client: OpenAI) => collect(await client.chat.completions.create({ ...CHAT, stream: true })),
      async (client: OpenAI) => collect(await client.responses.create({ ...RESPONSE, stream: true })),
    ]) {
      const wflo = await newWflo();
      await read(metered(url, wflo));
      expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.000017" }]);
    }
  });

  test("is not found in what the model wrote, nor in what cannot be read", () => {
    const text = chat(`"usage":${usage(1, 2)}`);
    expect(readAnswer(text)).toEqual(JSON.parse(text));
    expect(readAnswer('{"usage":{"prompt_tokens":1},"a":{"usage":{"b":"}"}}}')).toMatchObject({
      usage: { prompt_tokens: 1 },
    });
    expect(readAnswer("<p>")).toBeUndefined();
    expect(readAnswer("[1]")).toEqual([1]);
  });

  test("is not found in what others wrote into it: the tools of an MCP server, a schema, a text", () => {
    const dear = { usage: { input_tokens: 1, output_tokens: 250_000_000 } };
    const own = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };
    const others = [
      { output: [{ type: "mcp_list_tools", tools: [{ input_schema: { examples: [dear] } }] }] },
      { text: { format: { schema: { default: dear } } } },
      { output: [{ content: [{ text: `a \\" \\\\ { [ "${JSON.stringify(dear)}` }] }] },
    ];
    for (const other of others)
      for (const answer of [
        { ...other, usage: own },
        { usage: own, ...other },
      ])
        expect(readAnswer(JSON.stringify(answer))).toEqual(answer);
  });
});

async function chargeOf(
  body: string,
  {
    provider = "openai",
    model = MODEL,
    prices = {},
  }: { provider?: string; model?: string; prices?: PriceTable } = {},
): Promise<LedgerLine | undefined> {
  const url = await serve((_request, response) =>
    response.setHeader("content-type", "application/json").end(body),
  );
  const wflo = await newWflo({ prices });
  const client = metered(url, wflo, {}, { provider });
  await client.chat.completions.create({ ...CHAT, model, max_completion_tokens: 100 });
  return (await lines(wflo, 1))[0];
}

describe("an answer", () => {
  test("that claims no tokens at all is charged at its hold", async () => {
    const line = await chargeOf(chat(`"usage":${usage(0, 0)}`));
    expect(line?.kind).toBe("unmeasured");
    expect(line?.charged).toBe(line?.held);
    expect(Number(line?.charged)).toBeGreaterThan(0);
  });

  test("of OpenRouter is charged at what it says that it took, where that is more", async () => {
    const told = { provider: "openrouter", model: `openai/${MODEL}` };
    const bill = (cost: number) =>
      chat(`"usage":{"prompt_tokens":5000,"completion_tokens":100,"cost":${cost}}`);
    expect(await chargeOf(bill(0.0436), told)).toMatchObject({ kind: "settle", charged: "0.0436" });
    // 5,000 x $0.10 and 100 x $0.40 a million.
    expect(await chargeOf(bill(0.0001), told)).toMatchObject({ kind: "settle", charged: "0.00054" });
  });

  test("of xAI that searched is charged at its hold, or at its tokens where they are more, since no price of a page is known", async () => {
    const body = (prompt: number) =>
      chat(`"usage":{"prompt_tokens":${prompt},"completion_tokens":10,"num_sources_used":20}`);
    const prices = { "x-ai/grok": { input: "1.00", output: "2.00", contextWindow: 1_000_000 } };
    const told = { provider: "xai", model: "grok", prices };
    const line = await chargeOf(body(10), told);
    expect(line).toMatchObject({ kind: "unmeasured", charged: line?.held });
    expect(await chargeOf(body(100_000), told)).toMatchObject({ kind: "unmeasured", charged: "0.10002" });
  });

  test("at a tier of the project's own, whose price nobody told, is charged at the list price at least", async () => {
    const body = (prompt: number) => chat(`"service_tier":"ultrafast","usage":${usage(prompt, 0)}`);
    const line = await chargeOf(body(10));
    expect(line).toMatchObject({ kind: "unmeasured", charged: line?.held });
    expect(await chargeOf(body(1_000_000))).toMatchObject({ kind: "unmeasured", charged: "0.10" });
  });
});

describe("a request that cannot be sent", () => {
  test.each<[string, object]>([
    ["text that is no JSON", { body: "{", headers: { "content-type": "application/json" } }],
    ["a list", { body: [1] }],
    ["bytes", { body: new Uint8Array(10) }],
    ["nothing", {}],
  ])("has for its body %s", async (_, options) => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo();
    const client = metered(simulator.url, wflo);
    const error = (await settled(client.post("/chat/completions", options))) as Error;
    expect(error.message).toMatch(/neither a JSON object nor a form/);
    expect(simulator.requests).toHaveLength(0);
    expect(await wflo.calls.list()).toEqual([]);
  });

  test("is larger than any cap: refused at once, and nothing waits for it", async () => {
    const simulator = await simulate({ text: "Hi" });
    const wflo = await newWflo({ waitMs: 10_000 }, "0.05");
    const client = metered(simulator.url, wflo);
    const content = "x".repeat(2_000_000);
    const startedMs = performance.now();
    const error = await settled(
      client.chat.completions.create({ ...CHAT, messages: [{ role: "user", content }] }),
    );
    expect(isBudgetExceeded(error)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(simulator.requests).toHaveLength(0);
    await client.chat.completions.create(CHAT);
  });
});

describe("the next message of a conversation", () => {
  const picture = { type: "image_url" as const, image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  const first = { role: "user" as const, content: [{ type: "text" as const, text: "What is it?" }, picture] };

  async function bounds(
    messages: OpenAI.ChatCompletionMessageParam[][],
    extra: object = {},
  ): Promise<number[]> {
    const { url } = await simulate({ text: "A cat.", inputTokens: 800 });
    const wflo = await newWflo({}, "100.00");
    const seen: number[] = [];
    wflo.on("call-start", ({ bound }) => void seen.push(Number(bound)));
    const { completions } = metered(url, wflo).chat;
    for (const [index, each] of messages.entries())
      await completions.create({
        model: MODEL,
        messages: each,
        max_completion_tokens: 16,
        seed: index,
        ...extra,
      });
    return seen;
  }

  const answer = { role: "assistant" as const, content: "A cat." };
  const next = { role: "user" as const, content: "Which colour?" };

  test("is bounded by what the one before it took, with its picture, whatever the sampling", async () => {
    const [whole = 0, after = 0] = await bounds([[first], [first, answer, next]]);
    expect(whole).toBeGreaterThan(0.1);
    expect(after).toBeLessThan(0.001);
  });

  test("is bounded by what the model can read where a picture is found by its address, which may change", async () => {
    const far = { ...first, content: [{ ...picture, image_url: { url: "https://x/y.png" } }] };
    const [, after = 0] = await bounds([[far], [far, answer, next]]);
    expect(after).toBeGreaterThan(0.1);
  });

  test("is bounded anew where the tools before it are others, or another picture", async () => {
    const other = { ...first, content: [{ ...picture, image_url: { url: "data:image/png;base64,AAAA" } }] };
    const [, after = 0] = await bounds([[first], [other, answer, next]]);
    expect(after).toBeGreaterThan(0.1);
  });
});

test("what the SDK makes of an answer is what it is without wflo: parse, stream helpers, pagers, raw answers", async () => {
  const { url } = await simulate({ text: '{"kind":true}' });
  const format = { type: "json_schema" as const, name: "a", schema: {} };
  const read = async (client: OpenAI) => {
    const { responses, chat } = client;
    const parsed = await responses.parse({ ...RESPONSE, text: { format } });
    const streamed = await responses.stream(RESPONSE).finalResponse();
    const raw = await chat.completions.create(CHAT).asResponse();
    const { data, request_id } = await responses.create(RESPONSE).withResponse();
    const runner = chat.completions.runTools({ ...CHAT, tools: [] });
    return [
      parsed.output_parsed,
      streamed.output_text,
      raw.status,
      Object.keys((await raw.json()) as object),
      data.output_text,
      typeof request_id,
      await runner.finalContent(),
      (await collect(client.batches.list())).length,
    ];
  };
  const wflo = await newWflo();
  expect(await read(metered(url, wflo))).toEqual(await read(plain(url)));
  expect((await lines(wflo, 5)).map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "settle"));
});
