import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { UnmeteredSocketError, wfloOpenAI } from "@wflo/openai";
import OpenAI, { AzureOpenAI } from "openai";
import { OpenAIRealtimeWebSocket as BetaWebSocket } from "openai/beta/realtime/websocket";
import { OpenAIRealtimeWS as BetaWS } from "openai/beta/realtime/ws";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { ResponsesWS } from "openai/resources/responses/ws";
import { LiveWS } from "openai/resources/live/ws";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { CHAT, lines, newWflo, plain, settled, simulate } from "./support/desk.ts";

const MODEL = "gpt-realtime";

/** A server that says nothing; resolves with its base URL and how many have come. */
async function listen(): Promise<{ url: string; came: () => number }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  let came = 0;
  server.on("connection", () => (came += 1));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, came: () => came };
}

/** Where `wss:` is asked for, to where it is answered. */
const secure = "https://127.0.0.1:1/v1";

const OPENINGS: readonly [string, (client: OpenAI) => unknown][] = [
  ["realtime for Node", (client) => new OpenAIRealtimeWS({ model: MODEL }, client)],
  ["realtime for Node, by create", (client) => OpenAIRealtimeWS.create(client, { model: MODEL })],
  ["realtime for browsers", (client) => new OpenAIRealtimeWebSocket({ model: MODEL }, client)],
  ["realtime for browsers, by create", (client) => OpenAIRealtimeWebSocket.create(client, { model: MODEL })],
  ["beta realtime for Node", (client) => new BetaWS({ model: MODEL }, client)],
  ["beta realtime for browsers", (client) => new BetaWebSocket({ model: MODEL }, client)],
];

/** What opening throws, at once, as a promise, or as an error event. */
async function refusal(open: () => unknown): Promise<unknown> {
  try {
    const opened = await open();
    const emitter = opened as { on(name: "error", listener: (error: unknown) => void): void };
    return await new Promise((resolve) => emitter.on("error", resolve));
  } catch (error) {
    return error;
  }
}

describe("a WebSocket", () => {
  test.each(OPENINGS)("of %s is refused with a reason", async (_, open) => {
    const client = wfloOpenAI(plain(secure), { wflo: await newWflo() });
    const error = await refusal(() => open(client));
    expect(error).toBeInstanceOf(UnmeteredSocketError);
    expect((error as Error).message).toContain("strict: false");
    const twice = wfloOpenAI(client, { wflo: await newWflo(), strict: false });
    expect(await refusal(() => open(twice))).toBeInstanceOf(UnmeteredSocketError);
  });

  test.each<[string, (client: OpenAI) => unknown]>([
    ["responses", (client) => new ResponsesWS(client)],
    ["live", (client) => new LiveWS(client)],
  ])("of %s is refused, and no connection is made", async (_, open) => {
    const { url, came } = await listen();
    const client = wfloOpenAI(plain(url), { wflo: await newWflo() });
    const error = await refusal(() => open(client));
    expect([error, (error as Error).cause].some((each) => each instanceof UnmeteredSocketError)).toBe(true);
    expect(came()).toBe(0);
  });

  test.each([
    ["for Node", (client: AzureOpenAI) => OpenAIRealtimeWS.azure(client)],
    ["for browsers", (client: AzureOpenAI) => OpenAIRealtimeWebSocket.azure(client)],
  ])("of Azure %s is refused, with a plain key", async (_, open) => {
    const azure = new AzureOpenAI({
      endpoint: "https://127.0.0.1:1",
      apiKey: "k",
      apiVersion: "2025-01-01",
      deployment: "d",
    });
    expect(await refusal(() => open(wfloOpenAI(azure)))).toBeInstanceOf(UnmeteredSocketError);
  });

  test("of Azure for Node is refused with a key from a function", async () => {
    const azureADTokenProvider = async () => "token";
    const azure = new AzureOpenAI({
      endpoint: "https://127.0.0.1:1",
      azureADTokenProvider,
      apiVersion: "2025-01-01",
      deployment: "d",
    });
    expect(await refusal(() => OpenAIRealtimeWS.azure(wfloOpenAI(azure)))).toBeInstanceOf(
      UnmeteredSocketError,
    );
  });

  test("passes when strict is false, and is told", async () => {
    const { url, came } = await listen();
    const wflo = await newWflo();
    const told: unknown[] = [];
    wflo.on("call-unmetered", (event) => void told.push(event));
    const socket = new ResponsesWS(wfloOpenAI(plain(url), { wflo, strict: false }));
    onTestFinished(() => socket.close());
    socket.on("error", () => {});
    await expect.poll(came).toBe(1);
    expect(told).toEqual([{ provider: "openai", what: "WebSockets", runId: undefined }]);
  });

  test("of the client that was given to wfloOpenAI is none of wflo's", async () => {
    const { url, came } = await listen();
    const client = plain(url);
    wfloOpenAI(client, { wflo: await newWflo() });
    const socket = new ResponsesWS(client);
    onTestFinished(() => socket.close());
    socket.on("error", () => {});
    await expect.poll(came).toBe(1);
  });
});

test("requests of clients whose key is a function, or in Azure's header, go on as before", async () => {
  const simulator = await simulate({ text: "Hi" });
  const wflo = await newWflo();
  const baseURL = simulator.url;
  let asked = 0;
  const apiKey = async () => `key-${(asked += 1)}`;
  const keyed = wfloOpenAI(new OpenAI({ baseURL, apiKey }), { wflo });
  const azure = wfloOpenAI(new AzureOpenAI({ baseURL, apiKey: "k", apiVersion: "2025-01-01" }), {
    wflo,
    provider: "openai",
  });
  const azureByToken = wfloOpenAI(
    new AzureOpenAI({ baseURL, azureADTokenProvider: async () => "token", apiVersion: "2025-01-01" }),
    { wflo, provider: "openai" },
  );
  for (const client of [keyed, azure, azureByToken]) await client.chat.completions.create(CHAT);
  expect(await lines(wflo, 3)).toHaveLength(3);
  const credentials = simulator.requests.map(({ headers }) => headers["authorization"] ?? headers["api-key"]);
  expect(credentials).toEqual(["Bearer key-1", "k", "Bearer token"]);
  expect(await settled(keyed.chat.completions.create(CHAT))).toMatchObject({ object: "chat.completion" });
});
