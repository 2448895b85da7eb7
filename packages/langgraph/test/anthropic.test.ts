import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage } from "@langchain/core/messages";
import { createWflo, decimalUsd, type LedgerLine, type Wflo } from "@wflo/core";
import { meterChatModel } from "@wflo/langgraph";
import { expect, onTestFinished, test } from "vitest";
import { lines, settled } from "./metering-desk.ts";

const MODEL = "claude-sonnet-4-5-20250929";
const PROMPT = [new HumanMessage("Say something nice.")];
/** As Anthropic counts: `input_tokens` leaves the cache out. */
const USAGE = {
  input_tokens: 11,
  cache_creation_input_tokens: 2_000,
  cache_read_input_tokens: 5_000,
  cache_creation: { ephemeral_5m_input_tokens: 2_000, ephemeral_1h_input_tokens: 0 },
  service_tier: "standard",
};
const MESSAGE = { id: "msg_1", type: "message", role: "assistant", model: MODEL, stop_sequence: null };
const TEXTS = ["How ", "very ", "nice."];

type Answer = "message" | "events" | "events, broken off" | "an error event" | 500 | 529;

/** A server that speaks Anthropic's protocol and gives these answers in turn, the last for ever. */
async function anthropic(...answers: readonly Answer[]): Promise<string> {
  let index = 0;
  const server = createServer((request, response) => {
    request.resume();
    const answer = answers[Math.min(index++, answers.length - 1)] ?? 500;
    if (typeof answer === "number") {
      response.writeHead(answer, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
      );
    } else if (answer === "message") {
      response.writeHead(200, { "content-type": "application/json" });
      const content = [{ type: "text", text: TEXTS.join("") }];
      response.end(
        JSON.stringify({
          ...MESSAGE,
          content,
          stop_reason: "end_turn",
          usage: { ...USAGE, output_tokens: 7 },
        }),
      );
    } else {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of eventsOf(answer))
        response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      if (answer === "events, broken off") setTimeout(() => response.destroy(), 50);
      else response.end();
    }
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function eventsOf(answer: Answer): readonly { readonly type: string }[] {
  const start = {
    type: "message_start",
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 2 } },
  };
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  if (answer === "an error event") return [error];
  const deltas = TEXTS.map((text) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text },
  }));
  const begun = [
    start,
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...deltas,
  ];
  if (answer === "events, broken off") return begun;
  return [
    ...begun,
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 7 },
    },
    { type: "message_stop" },
  ] as { type: string }[];
}

async function desk(...answers: readonly Answer[]) {
  const anthropicApiUrl = await anthropic(...answers);
  const wflo = createWflo({ logger: false, drainMs: 1_000, settle: "background" });
  onTestFinished(() => wflo.close());
  await wflo.budgets.set({ id: "user", caps: { total: "10.00" } });
  const bare = new ChatAnthropic({
    model: MODEL,
    apiKey: "sk-ant",
    anthropicApiUrl,
    maxRetries: 2,
    maxTokens: 500,
  });
  return { wflo, bare, model: meterChatModel(bare, { wflo, budgets: ["user"] }) };
}

/** $3 a million tokens of input, a tenth for what is read from the cache, a quarter more for what is written to it, $15 for output. */
const PRICE = decimalUsd(BigInt(11 * 3_000 + 5_000 * 300 + 2_000 * 3_750 + 7 * 15_000));

async function only(wflo: Wflo): Promise<LedgerLine | undefined> {
  const found = await lines(wflo, 1);
  expect(found).toHaveLength(1);
  return found[0];
}

test("charges a message of Anthropic's exactly, the cache at prices of its own", async () => {
  const { wflo, model } = await desk("message");
  expect((await model.invoke(PROMPT)).text).toBe("How very nice.");
  expect(await only(wflo)).toMatchObject({
    kind: "settle",
    charged: PRICE,
    provider: "anthropic",
    model: MODEL,
  });
});

test("charges a stream of Anthropic's exactly, whose last event tells the output as a whole", async () => {
  const { wflo, model } = await desk("events");
  let text = "";
  for await (const chunk of await model.stream(PROMPT)) text += chunk.text;
  expect(text).toBe("How very nice.");
  expect(await only(wflo)).toMatchObject({ kind: "settle", charged: PRICE });
});

test("charges one that its reader left after a token exactly, as it is read on", async () => {
  const { wflo, model } = await desk("events");
  for await (const { text } of await model.stream(PROMPT)) if (text !== "") break;
  expect(await only(wflo)).toMatchObject({ kind: "settle", charged: PRICE });
});

test("gives what the model gives, in one piece and streamed", async () => {
  const { bare, model } = await desk("message", "message", "events");
  const plain = await bare.invoke(PROMPT);
  const metered = await model.invoke(PROMPT);
  expect({ ...metered.toDict(), id: "" }).toEqual({ ...plain.toDict(), id: "" });
  const chunksOf = async (asked: ChatAnthropic) => {
    const chunks = [];
    for await (const { content, usage_metadata: usage } of await asked.stream(PROMPT))
      chunks.push({ content, usage });
    return chunks;
  };
  expect(await chunksOf(model)).toEqual(await chunksOf(bare));
});

test("makes a call of each attempt, and charges nothing for those that were refused", async () => {
  const { wflo, model } = await desk(529, 500, "message");
  await model.invoke(PROMPT);
  const found = await lines(wflo, 3);
  expect(found.map(({ kind, charged }) => [kind, charged])).toEqual([
    ["void", "0.00"],
    ["void", "0.00"],
    ["settle", PRICE],
  ]);
}, 120_000);

test("charges nothing for an error event before any content, and a broken stream as an estimate", async () => {
  const { wflo, model } = await desk("an error event", "events, broken off");
  const read = async () => {
    for await (const _ of await model.stream(PROMPT));
  };
  expect(await settled(read())).toBeInstanceOf(Error);
  expect(await settled(read())).toBeInstanceOf(Error);
  const found = await lines(wflo, 2);
  expect(found.map(({ kind, charged, held }) => [kind, charged === "0.00", charged === held])).toEqual([
    ["void", true, false],
    ["estimate", false, true],
  ]);
});
