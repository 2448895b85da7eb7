import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { ServerResponse } from "node:http";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  collect,
  lines,
  metered,
  MODEL,
  newWflo,
  pause,
  plain,
  reserved,
  RESPONSE,
  serve,
  settled,
  simulate,
} from "./support/desk.ts";

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
/** 10 x $0.10 + 5 x $0.40 per million. */
const COST = "0.000003";

interface ChunkFields {
  readonly content?: string;
  readonly finish_reason?: string;
}

/** The events of an answer, as the provider writes them: with `usage` on each chunk when it was asked for. */
function events(tellsUsage: boolean, ...contents: readonly string[]): string[] {
  const chunk = ({ content, finish_reason }: ChunkFields) => ({
    id: "c",
    object: "chat.completion.chunk",
    model: MODEL,
    choices: [
      { index: 0, delta: content === undefined ? {} : { content }, finish_reason: finish_reason ?? null },
    ],
    ...(tellsUsage ? { usage: null } : {}),
  });
  const last = { id: "c", object: "chat.completion.chunk", model: MODEL, choices: [], usage: USAGE };
  return [
    ...contents.map((content) => chunk({ content })),
    chunk({ finish_reason: "stop" }),
    ...(tellsUsage ? [last] : []),
  ].map((data) => JSON.stringify(data));
}

type Write = (response: ServerResponse, events: readonly string[]) => Promise<void> | void;

/** A server of streams that writes usage only when asked, like the provider. */
async function streaming(write: Write, ...contents: readonly string[]): Promise<string> {
  return serve((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      const { stream_options } = JSON.parse(body) as { stream_options?: { include_usage?: boolean } };
      response.setHeader("content-type", "text/event-stream; charset=utf-8");
      void write(response, events(stream_options?.include_usage === true, ...contents));
    });
  });
}

const frames = (list: readonly string[], end = "\n") =>
  list.map((data) => `data: ${data}${end}${end}`).join("");
const TRICKY = [
  "Grüße ",
  "🙂🙂",
  'a "usage":null, b',
  ',"usage":null}',
  "data: [DONE]\n\n",
  '{"usage": {"a":1}}',
  '"error"',
];

const WIRES: readonly [string, Write][] = [
  ["one write", (response, list) => void response.end(frames([...list, "[DONE]"]))],
  ["CRLF", (response, list) => void response.end(frames([...list, "[DONE]"], "\r\n"))],
  ["CR", (response, list) => void response.end(frames([...list, "[DONE]"], "\r"))],
  [
    "comments and named events",
    (response, list) =>
      void response.end(
        `: hello\n\n${list.map((data) => `event: chunk\nid: 1\n: note\ndata: ${data}\n\n`).join("")}data: [DONE]\n\n`,
      ),
  ],
  [
    "no space after the colon",
    (response, list) => void response.end([...list, "[DONE]"].map((data) => `data:${data}\n\n`).join("")),
  ],
  ["no blank line at the end", (response, list) => void response.end(frames([...list, "[DONE]"]).trimEnd())],
  ["no [DONE] and no blank line at the end", (response, list) => void response.end(frames(list).trimEnd())],
  [
    "a byte at a time",
    async (response, list) => {
      for (const byte of Buffer.from(frames([...list, "[DONE]"], "\r\n"))) {
        response.write(Uint8Array.of(byte));
        if (byte > 127 || byte === 13) await pause(0);
      }
      response.end();
    },
  ],
  [
    "gzip",
    (response, list) =>
      void response.setHeader("content-encoding", "gzip").end(gzipSync(frames([...list, "[DONE]"]))),
  ],
  [
    "another content type",
    (response, list) =>
      void response.setHeader("content-type", "text/plain").end(frames([...list, "[DONE]"])),
  ],
];

describe.each(WIRES)("a chat stream with %s", (name, write) => {
  const hasTrap = name === "CR";
  const contents = hasTrap ? TRICKY.filter((text) => !text.includes("\n")) : TRICKY;

  test("gives the caller what the client without wflo gives, and is charged exactly", async () => {
    const url = await streaming(write, ...contents);
    const wflo = await newWflo();
    const read = async (client: OpenAI) =>
      collect(await client.chat.completions.create({ ...CHAT, stream: true }));
    const unmetered = await read(plain(url));
    expect(await read(metered(url, wflo))).toEqual(unmetered);
    expect(unmetered.length).toBeGreaterThanOrEqual(contents.length);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  });

  test("shows usage to a caller who asked for it", async () => {
    const url = await streaming(write, ...contents);
    const wflo = await newWflo();
    const asked = { ...CHAT, stream: true as const, stream_options: { include_usage: true } };
    const read = async (client: OpenAI) => collect(await client.chat.completions.create(asked));
    expect(await read(metered(url, wflo))).toEqual(await read(plain(url)));
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  });
});

describe("a stream", () => {
  test("that ends politely in the middle is charged at its hold, and does not keep further calls away", async () => {
    const url = await streaming(
      (response, list) => void response.end(frames(list.slice(0, 2))),
      "a",
      "b",
      "c",
    );
    const wflo = await newWflo();
    const { completions } = metered(url, wflo).chat;
    for (let call = 1; call <= 2; call += 1) {
      await settled(completions.create({ ...CHAT, stream: true }).then(collect));
      expect((await lines(wflo, call)).map(({ kind }) => kind)).toEqual(
        Array.from({ length: call }, () => "estimate"),
      );
    }
  });

  test("with usage in each chunk is not taken for exact when it breaks off", async () => {
    const partial = JSON.stringify({
      id: "c",
      model: MODEL,
      choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }],
      usage: USAGE,
    });
    const url = await serve((_, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write(`data: ${partial}\n\n`, () => setTimeout(() => response.destroy(), 20));
    });
    const wflo = await newWflo();
    await settled(
      metered(url, wflo)
        .chat.completions.create({ ...CHAT, stream: true })
        .then(collect),
    );
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "estimate" }]);
  });

  test.each(["abort", "toReadableStream", "tee", "never read"])(
    "is charged exactly after %s",
    async (how) => {
      const simulator = await simulate({ outputTokens: 30, inputTokens: 100, tokensPerSecond: 200 });
      const wflo = await newWflo();
      const stream = await metered(simulator.url, wflo).chat.completions.create({ ...CHAT, stream: true });
      if (how === "abort") stream.controller.abort();
      if (how === "toReadableStream") await stream.toReadableStream().cancel();
      if (how === "tee") await collect(stream.tee()[0]);
      // 100 x $0.10 + 30 x $0.40 per million.
      expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.000022" }]);
      expect(await reserved(wflo)).toBe("0.00");
    },
  );

  test("of 3,000 chunks that is broken off early is read to its end", async () => {
    const simulator = await simulate({ outputTokens: 3_000, inputTokens: 0 });
    const wflo = await newWflo();
    for await (const _ of await metered(simulator.url, wflo).responses.create({ ...RESPONSE, stream: true }))
      break;
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: "0.0012" }]);
  });

  test("is cut, and charged at its hold, with onAbort: cancel", async () => {
    const simulator = await simulate({ outputTokens: 1_000, tokensPerSecond: 100 });
    const wflo = await newWflo();
    const { completions } = metered(simulator.url, wflo, {}, { onAbort: "cancel" }).chat;
    for await (const _ of await completions.create({ ...CHAT, stream: true })) break;
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "estimate" }]);
    expect(simulator.billed().outputTokens).toBeLessThan(200);
  });

  test("throws the same error as without wflo when the server cuts it or sends an error", async () => {
    for (const reply of [
      { outputTokens: 50, cutAfterChunks: 5 },
      { outputTokens: 50, errorAfterChunks: 5 },
    ]) {
      const { url } = await simulate(reply);
      const wflo = await newWflo();
      const read = (client: OpenAI) =>
        settled(client.chat.completions.create({ ...CHAT, stream: true }).then(collect));
      const [wrapped, unwrapped] = [await read(metered(url, wflo)), await read(plain(url))] as Error[];
      expect([wrapped?.constructor, wrapped?.message]).toEqual([unwrapped?.constructor, unwrapped?.message]);
      expect(await lines(wflo, 1)).toMatchObject([{ kind: "estimate" }]);
    }
  });

  test("of a fetch that answers with Node's streams is read as well", async () => {
    const text = frames([...events(true, "a", "b"), "[DONE]"]);
    const answer = {
      ok: true,
      status: 200,
      statusText: "OK",
      url: "",
      headers: new Headers(),
      body: Readable.from([Buffer.from(text)]),
    };
    const own = async () => answer as unknown as Response;
    const wflo = await newWflo();
    const client = metered("http://127.0.0.1:1/v1", wflo, { fetch: own });
    expect(await collect(await client.chat.completions.create({ ...CHAT, stream: true }))).toHaveLength(3);
    expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", charged: COST }]);
  });
});
