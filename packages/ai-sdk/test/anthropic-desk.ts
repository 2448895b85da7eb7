import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAnthropic, type AnthropicProvider } from "@ai-sdk/anthropic";
import { onTestFinished } from "vitest";

type Fields = Readonly<Record<string, unknown>>;

/** A provider of Anthropic's whose server answers every request with this usage, and what it was asked. */
export async function anthropicWith(
  usage: Fields = {},
): Promise<{ readonly anthropic: AnthropicProvider; readonly requests: Fields[] }> {
  const requests: Fields[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (data: Buffer) => void (text += data.toString()));
    request.on("end", () => {
      const body = JSON.parse(text) as Fields;
      requests.push(body);
      const said = message(body["model"], { input_tokens: 100, output_tokens: 40, ...usage });
      if (body["stream"] !== true) {
        response.setHeader("content-type", "application/json");
        return void response.end(JSON.stringify(said));
      }
      response.setHeader("content-type", "text/event-stream");
      for (const event of eventsOf(said))
        response.write(`event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`);
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { anthropic: createAnthropic({ baseURL, apiKey: "sk-none" }), requests };
}

function message(model: unknown, usage: Fields): Fields {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: "Hi." }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
  };
}

function* eventsOf(said: Fields): Generator<Fields> {
  const usage = said["usage"] as Fields;
  const begun = { ...said, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  yield { type: "message_start", message: begun };
  yield { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  yield { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi." } };
  yield { type: "content_block_stop", index: 0 };
  const delta = { stop_reason: "end_turn", stop_sequence: null };
  yield { type: "message_delta", delta, usage: { output_tokens: usage["output_tokens"] } };
  yield { type: "message_stop" };
}
