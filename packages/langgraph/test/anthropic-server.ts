import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

type Fields = Readonly<Record<string, unknown>>;

/** What a server that speaks Anthropic's messages says: the usage of its start, that of its end, and its pieces. */
export interface AnthropicAnswer {
  readonly start: Fields;
  readonly end: Fields;
  readonly words?: readonly string[];
  /** An event that the stream breaks off with, after its words. */
  readonly error?: Fields;
}

/** A server that speaks Anthropic's `/v1/messages`, in one piece and as a stream. */
export async function anthropicServer(answer: AnthropicAnswer) {
  const requests: Fields[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (data: Buffer) => void (text += data.toString()));
    request.on("end", () => {
      const body = JSON.parse(text) as Fields;
      requests.push(body);
      if (body["stream"] === true) streamed(response, answer);
      else {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(message({ ...answer.start, ...answer.end }, answer.words)));
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function message(usage: Fields, words: readonly string[] = ["one"]): Fields {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5",
    content: [{ type: "text", text: words.join("") }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
  };
}

function streamed(response: ServerResponse, { start, end, words = ["one"], error }: AnthropicAnswer): void {
  response.setHeader("content-type", "text/event-stream");
  const send = (event: Fields) =>
    response.write(`event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`);
  send({ type: "message_start", message: { ...message(start), content: [], stop_reason: null } });
  send({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
  for (const text of words)
    send({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
  if (error !== undefined) send(error);
  else {
    send({ type: "content_block_stop", index: 0 });
    send({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: end });
    send({ type: "message_stop" });
  }
  response.end();
}
