import { meter } from "@wflo/ai-sdk";
import type { SimulatorRequest } from "@wflo/testkit";
import { jsonSchema, tool, ToolLoopAgent, type ToolSet } from "ai";
import { expect, test } from "vitest";
import { newWflo, openaiOf, simulate } from "./metering-desk.ts";

const NO_INPUT = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
const BYTES = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
const IN_BASE64 = "iVBORw0KGgo=";
const DARK = new RangeError("It is dark.");

/** Asks for the tool once, then answers. */
function turns({ body }: SimulatorRequest) {
  const { messages = [] } = body as { messages?: readonly { role: string }[] };
  const isDone = messages.some(({ role }) => role === "tool");
  return isDone ? { text: "Done." } : { toolCalls: [{ name: "look", arguments: {} }] };
}

async function setUp(look: () => unknown, runtimeContext?: Record<string, unknown>) {
  const { wflo, warned } = await newWflo();
  const simulator = await simulate(turns);
  const tools: ToolSet = { look: tool({ inputSchema: NO_INPUT, execute: async () => look() }) };
  const model = meter(openaiOf(simulator).chat("gpt-4.1-nano"));
  const agent = new ToolLoopAgent({
    model,
    tools,
    ...(runtimeContext === undefined ? {} : { runtimeContext }),
  });
  return { wflo, warned, simulator, workflow: wflo.workflow("agent", agent) };
}

test.each([
  ["bytes", BYTES],
  ["a Buffer", Buffer.from(BYTES)],
  ["an ArrayBuffer", BYTES.slice().buffer],
  ["base64", IN_BASE64],
])("an agent's run takes a file as %s, as its generate does", async (_, data) => {
  const { simulator, workflow } = await setUp(() => "seen");
  const file = { type: "file", mediaType: "image/png", data } as const;
  const { text } = await workflow.run({ messages: [{ role: "user", content: [file] }] });
  expect(text).toBe("Done.");
  expect(JSON.stringify(simulator.requests[0]?.body)).toContain(IN_BASE64);
});

test("a signal in an agent's input is refused before its run is made, with where it goes", async () => {
  const { wflo, workflow } = await setUp(() => "seen");
  const { signal } = new AbortController();
  await expect(workflow.run({ prompt: "Look.", abortSignal: signal })).rejects.toThrow(
    "run(input, { signal })",
  );
  expect(await wflo.runs.list()).toEqual([]);
});

test.each([
  [
    "an error",
    () => Promise.reject(DARK),
    "error",
    expect.objectContaining({ name: "RangeError", message: "It is dark." }),
  ],
  ["a Map", () => new Map([["at", 3]]), "output", new Map([["at", 3]])],
  ["a Set", () => new Set([3]), "output", new Set([3])],
  ["a date", () => new Date(0), "output", new Date(0)],
  ["bytes", () => BYTES, "output", BYTES],
])("the stored result of an agent's run has what its tools told: %s", async (_, look, field, told) => {
  const { wflo, workflow } = await setUp(look);
  await workflow.run({ prompt: "Look." });
  const [run] = await wflo.runs.list();
  const { result } = (await wflo.runs.get(run?.id ?? "")) ?? {};
  const { steps } = result as { steps: { content: Record<string, unknown>[] }[] };
  const [, ofTool] = steps[0]?.content ?? [];
  expect(ofTool).toMatchObject({ toolName: "look" });
  expect(ofTool?.[field]).toEqual(told);
});

test("the result of an agent's run is stored, whatever its tools were given", async () => {
  const context = { database: { query: () => [] } };
  const { wflo, warned, workflow } = await setUp(() => "seen", context);
  await workflow.run({ prompt: "Look." });
  const [run] = await wflo.runs.list();
  expect((await wflo.runs.get(run?.id ?? ""))?.result).toMatchObject({ text: "Done." });
  expect(warned).toEqual([]);
});
