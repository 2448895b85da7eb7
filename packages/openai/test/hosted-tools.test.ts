import { UnboundedRequestError, type CallStart, type Wflo } from "@wflo/core";
import type OpenAI from "openai";
import { expect, test } from "vitest";
import { lines, metered, newWflo, RESPONSE, settled, simulate } from "./support/desk.ts";

type Responses = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** What gpt-4.1-nano can read: 1,047,576 tokens at $0.10 a million. */
const WINDOW_USD = 0.1047576;

function watchBounds(wflo: Wflo): number[] {
  const bounds: number[] = [];
  wflo.on("call-start", ({ bound }: CallStart) => void bounds.push(Number(bound)));
  return bounds;
}

async function boundOf(request: object): Promise<number> {
  const simulator = await simulate({ text: "Hi" });
  const wflo = await newWflo({}, "100.00");
  const bounds = watchBounds(wflo);
  await metered(simulator.url, wflo).responses.create({
    ...RESPONSE,
    max_output_tokens: 16,
    ...request,
  } as Responses);
  expect(simulator.requests[0]?.body).toMatchObject(request);
  return bounds[0] ?? Number.NaN;
}

test.each<[string, object[], number, number]>([
  ["a search of the web", [{ type: "web_search" }], 3, 0.01],
  ["one of a dated version", [{ type: "web_search_2025_08_26" }], 3, 0.01],
  ["a search in files", [{ type: "file_search", vector_store_ids: ["vs_1"] }], 2, 0.0025],
  ["code in a container", [{ type: "code_interpreter", container: { type: "auto" } }], 2, 0.03],
  [
    "code in a large one",
    [{ type: "code_interpreter", container: { type: "auto", memory_limit: "4g" } }],
    2,
    0.12,
  ],
  ["either of two, at the dearer", [{ type: "file_search" }, { type: "web_search" }], 2, 0.01],
])("work of the provider is bounded by max_tool_calls: %s", async (_, tools, calls, feeUsd) => {
  const bound = await boundOf({ tools, max_tool_calls: calls });
  const least = WINDOW_USD * (calls + 1) + feeUsd * calls;
  expect(bound).toBeGreaterThanOrEqual(least);
  // A few hundred tokens of overhead, and 16 of output.
  expect(bound).toBeLessThan(least + 0.0003);
});

test("a refusal of such work says that max_tool_calls bounds it, and of other work that hold does", async () => {
  const simulator = await simulate({ text: "Hi" });
  const { responses } = metered(simulator.url, await newWflo());
  const refusal = (request: object) => settled(responses.create({ ...RESPONSE, ...request } as Responses));
  const search = await refusal({ tools: [{ type: "web_search" }] });
  expect(search).toBeInstanceOf(UnboundedRequestError);
  expect((search as Error).message).toContain("Set max_tool_calls in the request, or the option hold");
  const mcp = { type: "mcp", server_label: "x", server_url: "https://x" };
  for (const tools of [[mcp], [mcp, { type: "web_search" }], [{ type: "image_generation" }]]) {
    const other = await refusal({ tools, max_tool_calls: 2 });
    expect(other).toBeInstanceOf(UnboundedRequestError);
    expect((other as Error).message).toContain("Set the option hold");
  }
  expect(simulator.requests).toHaveLength(0);
});

test("work whose fee nobody knows is refused, unless hold says what to reserve", async () => {
  const simulator = await simulate({ text: "Hi" });
  const wflo = await newWflo({}, "100.00");
  const tools = [{ type: "code_interpreter", container: { type: "auto", memory_limit: "1t" } }];
  const request = { ...RESPONSE, tools, max_tool_calls: 1 } as unknown as Responses;
  const refused = await settled(metered(simulator.url, wflo).responses.create(request));
  expect(refused).toMatchObject({ code: "WFLO_UNKNOWN_PRICE" });
  expect(simulator.requests).toHaveLength(0);
  await metered(simulator.url, wflo, {}, { hold: "0.30" }).responses.create(request);
  expect(await lines(wflo, 1)).toMatchObject([{ kind: "settle", held: "0.30" }]);
});

test("a tool that the provider describes is held for beside its few bytes", async () => {
  const plain = await boundOf({ tools: [{ type: "function", name: "computer", parameters: {} }] });
  const screen = await boundOf({ tools: [{ type: "computer" }] });
  expect(screen - plain).toBeGreaterThan((1_400 * 0.1) / 1e6);
});
