import type { Wflo } from "@wflo/core";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { collect, lines, metered, MODEL, newWflo, serve } from "./support/desk.ts";

const WINDOW = 1_047_576;
const OUTPUT = 20_000;
const ITEMS = [
  { type: "reasoning", id: "rs_1", summary: [] },
  { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "{}" },
  { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "open_page" } },
];
const RESULT = { type: "function_call_output" as const, call_id: "c", output: "42" };

/** A server whose answers think: 20,000 tokens of output in a few bytes. */
async function serveThoughts(): Promise<string> {
  const usage = { input_tokens: 10, output_tokens: OUTPUT, total_tokens: OUTPUT + 10 };
  const answer = {
    id: "resp_1",
    object: "response",
    status: "completed",
    model: MODEL,
    output: ITEMS,
    usage,
  };
  return serve((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => void (body += chunk));
    request.on("end", () => {
      const streams = body.includes('"stream":true');
      const event = { type: "response.completed", sequence_number: 0, response: answer };
      response.setHeader("content-type", streams ? "text/event-stream" : "application/json");
      response.end(
        streams ? `event: response.completed\ndata: ${JSON.stringify(event)}\n\n` : JSON.stringify(answer),
      );
    });
  });
}

/** What a call holds, in input tokens at $0.10 a million, its output being capped at one token. */
function watchInput(wflo: Wflo): number[] {
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }) => void bounds.push(Math.round((Number(bound) - 0.4e-6) / 0.1e-6)));
  return bounds;
}

async function ask({ responses }: OpenAI, input: readonly object[], stream = false): Promise<void> {
  const request = { model: MODEL, input, max_output_tokens: 1 } as unknown as {
    model: string;
    input: string;
  };
  if (stream) await collect(await responses.create({ ...request, stream: true }));
  else await responses.create(request);
}

test.each([
  ["in one piece", false],
  ["as a stream", true],
])(
  "thoughts that are sent back by their id are bounded by the output of the answer they were in, told %s",
  async (_, stream) => {
    const wflo = await newWflo({}, "10.00");
    const bounds = watchInput(wflo);
    const client = metered(await serveThoughts(), wflo);
    const [thoughts, call] = ITEMS as [object, object];
    await ask(client, [thoughts, call, RESULT]);
    await ask(client, [{ role: "user", content: "Hi" }], stream);
    await lines(wflo, 2);
    await ask(client, [{ role: "user", content: "Ho" }, thoughts, call, RESULT]);
    await ask(client, [
      { role: "user", content: "Hu" },
      { id: "rs_1" },
      { type: "item_reference", id: "fc_1" },
    ]);
    const [unseen = 0, , seen = 0, references = 0] = bounds;
    expect(unseen).toBeGreaterThan(WINDOW);
    for (const bound of [seen, references]) {
      expect(bound).toBeGreaterThan(OUTPUT);
      expect(bound).toBeLessThan(OUTPUT + 1_500);
    }
  },
);

test("what a tool of the provider found is not bounded by what the model wrote", async () => {
  const wflo = await newWflo({}, "10.00");
  const bounds = watchInput(wflo);
  const client = metered(await serveThoughts(), wflo);
  await ask(client, [{ role: "user", content: "Hi" }]);
  await lines(wflo, 1);
  await ask(client, [
    { role: "user", content: "Ho" },
    { type: "item_reference", id: "ws_1" },
  ]);
  await ask(client, [{ role: "user", content: "Hu" }, ITEMS[2] as object]);
  expect(bounds.slice(1).every((bound) => bound > WINDOW)).toBe(true);
});
