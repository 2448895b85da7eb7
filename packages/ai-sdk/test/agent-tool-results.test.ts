import { meter } from "@wflo/ai-sdk";
import { isBudgetExceeded } from "@wflo/core";
import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { jsonSchema, tool, ToolLoopAgent } from "ai";
import { expect, test } from "vitest";
import { newWflo, openaiOf, settled, simulate } from "./metering-desk.ts";

const NO_INPUT = jsonSchema<Record<string, never>>({ type: "object", properties: {} });
const TURN = { inputTokens: 1_000, outputTokens: 40 };

/** A number of a class, as databases give them. */
class Decimal {
  readonly #digits: string;
  constructor(digits: string) {
    this.#digits = digits;
  }
  toJSON() {
    return this.#digits;
  }
}

type Message = { readonly role: string; readonly content: unknown };
const messagesOf = ({ body }: SimulatorRequest) => (body as { messages: readonly Message[] }).messages;

/** Asks for the tool twice, then answers. */
function turns(request: SimulatorRequest): SimulatorReply {
  const done = messagesOf(request).filter(({ role }) => role === "tool").length;
  return done < 2 ? { ...TURN, toolCalls: [{ name: "look", arguments: {} }] } : { ...TURN, text: "Done." };
}

/** Runs an agent until its money is out, then to its end, and tells what its tool did and what its model was told of that. */
async function paidTwice(look: object) {
  const { wflo } = await newWflo();
  const simulator = await simulate(turns);
  const model = meter(openaiOf(simulator).chat("gpt-4.1-nano"));
  const agent = new ToolLoopAgent({
    model,
    maxOutputTokens: 1_000,
    maxRetries: 0,
    tools: { look: tool({ inputSchema: NO_INPUT, ...look } as never) },
  });
  const workflow = wflo.workflow("agent", agent, { budget: "0.0007" });
  expect(isBudgetExceeded(await settled(workflow.run({ prompt: "Look." })))).toBe(true);
  const [run] = await wflo.runs.list();
  await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } });
  expect(simulator.requests).toHaveLength(3);
  const last = simulator.requests.at(-1) as SimulatorRequest;
  return messagesOf(last).flatMap(({ role, content }) => (role === "tool" ? [String(content)] : []));
}

test.each([
  ["an address, told as a text", () => new URL("https://bees.example/dance"), "https://bees.example/dance"],
  ["a Buffer", () => Buffer.from("ab"), '{"type":"Buffer","data":[97,98]}'],
  ["a number of a class", () => ({ price: new Decimal("0.30") }), '{"price":"0.30"}'],
  ["something that can do something", () => ({ seen: 3, again: () => 4 }), '{"seen":3}'],
])(
  "a result of a tool that is no plain data is told as its JSON before and after a resume, and its tool runs once: %s",
  async (_, result, read) => {
    let ran = 0;
    const execute = async () => {
      ran += 1;
      return result();
    };
    expect(await paidTwice({ execute })).toEqual([read, read]);
    expect(ran).toBe(2);
  },
);

test("what a tool makes of such a result for the model is not known later: the agent reads that it cannot be saved", async () => {
  const look = {
    execute: async () => new URL("https://bees.example/dance"),
    toModelOutput: () => ({ type: "text", value: "They dance." }),
  };
  const told = await paidTwice(look);
  expect(told).toHaveLength(2);
  expect(told.every((text) => text.includes("it is an instance of URL"))).toBe(true);
});
