import { meter } from "@wflo/ai-sdk";
import { isBudgetExceeded } from "@wflo/core";
import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit";
import { jsonSchema, tool, ToolLoopAgent } from "ai";
import { expect, test } from "vitest";
import { newWflo, openaiOf, pause, settled, simulate } from "./metering-desk.ts";

const TURN = { inputTokens: 1_000, outputTokens: 40 };

/** Asks for the tool twice, then answers. */
function turns({ body }: SimulatorRequest): SimulatorReply {
  const { messages = [] } = body as { messages?: readonly { role: string }[] };
  const done = messages.filter(({ role }) => role === "tool").length;
  return done < 2 ? { ...TURN, toolCalls: [{ name: "look", arguments: {} }] } : { ...TURN, text: "Done." };
}

/** An agent whose tool looks for ever until somebody has no more time for it; in light it has seen something at once. */
async function setUp(budget: string) {
  const { wflo } = await newWflo();
  const simulator = await simulate(turns);
  const state = { ran: 0, isLight: false };
  const look = tool({
    inputSchema: jsonSchema<Record<string, never>>({ type: "object", properties: {} }),
    execute: async (_, { abortSignal }) => {
      state.ran += 1;
      while (!state.isLight) {
        abortSignal?.throwIfAborted();
        await pause(5);
      }
      return "seen";
    },
  });
  const model = meter(openaiOf(simulator).chat("gpt-4.1-nano"));
  const agent = new ToolLoopAgent({ model, maxOutputTokens: 1_000, maxRetries: 0, tools: { look } });
  return { wflo, simulator, state, workflow: wflo.workflow("agent", agent, { budget }) };
}

test("a tool that took more than its time has told the agent so: a resumed run does not run it again", async () => {
  const { wflo, simulator, state, workflow } = await setUp("0.0007");
  const refusal = await settled(workflow.run({ prompt: "Look.", timeout: { toolMs: 50 } }));
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect([simulator.requests.length, state.ran]).toEqual([2, 2]);
  const [run] = await wflo.runs.list();
  state.isLight = true;
  expect((await workflow.resume(run?.id ?? "", { topUp: { to: "1.00" } })).text).toBe("Done.");
  expect([simulator.requests.length, state.ran]).toEqual([3, 2]);
});

test("a tool that was broken off by the end of its run is run again by a resumed run", async () => {
  const { wflo, simulator, state, workflow } = await setUp("1.00");
  const ending = new AbortController();
  const work = settled(workflow.run({ prompt: "Look." }, { signal: ending.signal }));
  while (state.ran === 0) await pause(5);
  ending.abort();
  expect(await work).toBeInstanceOf(Error);
  const [run] = await wflo.runs.list();
  state.isLight = true;
  expect((await workflow.resume(run?.id ?? "")).text).toBe("Done.");
  expect([simulator.requests.length, state.ran]).toEqual([3, 3]);
});
