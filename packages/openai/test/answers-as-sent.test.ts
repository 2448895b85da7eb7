import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { CHAT, collect, lines, metered, newWflo, plain, serve } from "./support/desk.ts";

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
/** 100 x $0.10 and 20 x $0.40 a million. */
const COST = "0.000018";
const ANSWER = {
  id: "c",
  object: "chat.completion",
  model: CHAT.model,
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  usage: USAGE,
};

test.each(["200 ✓ fine", "200 Grüße", "200 "])(
  "an answer with the status line %j is handed on as without wflo, and is one attempt",
  async (status) => {
    let requests = 0;
    const body = JSON.stringify(ANSWER);
    const server = createServer((socket) =>
      socket.once("data", () => {
        requests += 1;
        const head = `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`;
        socket.end(Buffer.from(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`));
      }),
    ).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const wflo = await newWflo();
    const told = async (client: OpenAI) => {
      const { response, data } = await client.chat.completions.create(CHAT).withResponse();
      return [response.status, response.statusText, data.choices];
    };
    const unmetered = await told(plain(url));
    expect(await told(metered(url, wflo, { maxRetries: 2 }))).toEqual(unmetered);
    expect(requests).toBe(2);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  },
);

test("an answer that came after a redirect says so", async () => {
  const url = await serve((request, response) => {
    request.resume();
    if (request.url === "/v1/chat/completions") response.writeHead(307, { location: "/v1/elsewhere" }).end();
    else response.setHeader("content-type", "application/json").end(JSON.stringify(ANSWER));
  });
  const look = async (client: OpenAI) => {
    const { redirected, type, url: at, statusText } = await client.chat.completions.create(CHAT).asResponse();
    return { redirected, type, at, statusText };
  };
  const unmetered = await look(plain(url));
  expect(unmetered).toMatchObject({ redirected: true, at: `${url}/elsewhere` });
  expect(await look(metered(url, await newWflo()))).toEqual(unmetered);
});

describe("an answer to a request for a stream that calls itself JSON", () => {
  const chunk = (choices: readonly object[], more = {}) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: CHAT.model, choices, ...more })}\n\n`;

  test.each(["", "\n \n"])(
    "and is one of events, after %j, is read as that, with the usage that wflo asked for kept back",
    async (begin) => {
      const url = await serve((request, response) => {
        void request.toArray().then((pieces: Buffer[]) => {
          const isAsked = Buffer.concat(pieces).toString().includes('"include_usage":true');
          response.setHeader("content-type", "application/json").write(begin);
          response.write(chunk([{ index: 0, delta: { content: "Hi" } }]));
          response.write(chunk([{ index: 0, delta: {}, finish_reason: "stop" }]));
          response.end(`${isAsked ? chunk([], { usage: USAGE }) : ""}data: [DONE]\n\n`);
        });
      });
      const wflo = await newWflo();
      const read = async (client: OpenAI) =>
        collect(await client.chat.completions.create({ ...CHAT, stream: true }));
      expect(await read(metered(url, wflo))).toEqual(await read(plain(url)));
      expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
    },
  );

  test("and is JSON is charged by it", async () => {
    const url = await serve((request, response) => {
      request.resume();
      response.setHeader("content-type", "application/json").end(JSON.stringify(ANSWER));
    });
    const wflo = await newWflo();
    const response = await metered(url, wflo)
      .chat.completions.create({ ...CHAT, stream: true })
      .asResponse();
    expect(await response.json()).toEqual(ANSWER);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  });
});
