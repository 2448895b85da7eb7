import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { CHAT, collect, lines, metered, MODEL, newWflo, serve, settled } from "./support/desk.ts";

const MISTRAL = { ...CHAT, model: "mistral-small-latest", stream: true as const };
const KNOWN = new Set(["model", "messages", "stream", "max_tokens"]);

/** A server as strict as Mistral's: it refuses what it does not know, and tells usage in the last chunk. */
async function strictServer(): Promise<{ readonly url: string; readonly bodies: string[] }> {
  const bodies: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    bodies.push(body);
    const strange = Object.keys(JSON.parse(body) as object).find((field) => !KNOWN.has(field));
    if (strange !== undefined) {
      const detail = [{ type: "extra_forbidden", loc: ["body", strange] }];
      response.writeHead(422, { "content-type": "application/json" });
      return response.end(JSON.stringify({ object: "error", message: { detail } }));
    }
    const chunk = (delta: object, more: object = {}) => {
      const choices = [{ index: 0, delta, finish_reason: null, ...more }];
      return { id: "c", object: "chat.completion.chunk", choices };
    };
    const usage = { prompt_tokens: 13, total_tokens: 21, completion_tokens: 8 };
    const chunks = [chunk({ content: "Hi" }), { ...chunk({}, { finish_reason: "stop" }), usage }];
    response.setHeader("content-type", "text/event-stream");
    const events = [...chunks.map((each) => JSON.stringify(each)), "[DONE]"];
    return response.end(events.map((data) => `data: ${data}\n\n`).join(""));
  };
  const url = await serve((request, response) => void answer(request, response));
  return { url, bodies };
}

describe("a stream of a provider that tells usage unasked and refuses to be asked", () => {
  test("is sent as it was written, and charged exactly", async () => {
    const { url, bodies } = await strictServer();
    const wflo = await newWflo();
    const client = metered(url, wflo, {}, { provider: "mistral" });
    const asked = { ...MISTRAL, max_tokens: 100 };
    expect(await collect(await client.chat.completions.create(asked))).toHaveLength(2);
    expect(bodies).toEqual([JSON.stringify(asked)]);
    // 13 x $0.15 and 8 x $0.60 a million.
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.00000675" }]);
  });

  test("is known by its host", async () => {
    const { url, bodies } = await strictServer();
    const fetch: typeof globalThis.fetch = (input, init) =>
      globalThis.fetch(
        (input instanceof Request ? input.url : String(input)).replace("https://api.mistral.ai/v1", url),
        init,
      );
    const client = metered("https://api.mistral.ai/v1", await newWflo({}, "0.005"), { fetch });
    expect(await collect(await client.chat.completions.create(MISTRAL))).toHaveLength(2);
    expect(bodies).toEqual([expect.stringContaining('"stream":true,"max_tokens":')]);
  });
});

test("a stream is sent as it was written to a server that streamUsage: false says is strict", async () => {
  const { url, bodies } = await strictServer();
  const wflo = await newWflo();
  const client = metered(url, wflo, {}, { streamUsage: false });
  const asked = { ...CHAT, stream: true as const };
  expect(await collect(await client.chat.completions.create(asked))).toHaveLength(2);
  expect(bodies).toEqual([JSON.stringify(asked)]);
  // 13 x $0.10 and 8 x $0.40 a million.
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.0000045" }]);
});

describe("the usage that wflo asked for", () => {
  const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const chunk = (fields: object) => ({ id: "c", object: "chat.completion.chunk", model: MODEL, ...fields });
  const finish = chunk({ choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }] });

  /** What a caller who did not ask gets of a stream of these chunks, and what it is charged. */
  async function read(chunks: readonly object[]) {
    const url = await serve((_, response) => {
      response.setHeader("content-type", "text/event-stream");
      const events = [...chunks.map((each) => JSON.stringify(each)), "[DONE]"];
      response.end(events.map((data) => `data: ${data}\n\n`).join(""));
    });
    const wflo = await newWflo();
    const { completions } = metered(url, wflo).chat;
    const got = await settled(completions.create({ ...CHAT, stream: true }).then(collect));
    return { got, ledger: await lines(wflo, 1) };
  }

  test.each([
    ["no choices", { usage: USAGE }],
    ["null for choices", { choices: null, usage: USAGE }],
    ["no choice", { choices: [], usage: USAGE }],
  ])("is kept from a caller who did not, where it comes with %s", async (_, fields) => {
    const { got, ledger } = await read([finish, chunk(fields)]);
    expect(got).toEqual([finish]);
    expect(ledger).toMatchObject([{ kind: "settle", charged: "0.000003" }]);
  });

  test("hides no error that comes with it", async () => {
    const { got } = await read([finish, { choices: [], usage: USAGE, error: { message: "It broke." } }]);
    expect(got).toMatchObject({ error: { message: "It broke." } });
  });
});
