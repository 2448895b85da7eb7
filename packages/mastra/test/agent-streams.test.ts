import { InMemoryStore } from "@mastra/core/storage";
import { createTool } from "@mastra/core/tools";
import type { Wflo } from "@wflo/core";
import { agentWorkflow, wfloProcessor } from "@wflo/mastra";
import type { Simulator } from "@wflo/testkit";
import { expect, test } from "vitest";
import { z } from "zod";
import { lookTool, looking } from "./looking-agent.ts";
import { agentOf, MODEL, newWflo, openaiOf, pause, settled, simulate } from "./mastra-desk.ts";

const RUN = "0198c1d2-0000-7000-8000-00000000000d";
const options = { modelSettings: { maxOutputTokens: 1_000 } };

interface Streamed {
  readonly fullStream: AsyncIterable<{ readonly type: string }>;
  readonly text: Promise<string>;
  readonly finishReason: Promise<string>;
  readonly tripwire?: { readonly reason: string };
}

/** A workflow of an agent that streams, as each process makes it. */
function workflowOf(wflo: Wflo, simulator: Simulator, more: object) {
  return () => {
    const agent = agentOf({ model: openaiOf(simulator)(MODEL), ...more } as never);
    return wflo.workflow<string, Streamed>("agent", agentWorkflow(agent, { options, stream: true }));
  };
}

async function statusAtLast(wflo: Wflo, status: string): Promise<string | undefined> {
  for (let waited = 0; waited < 200; waited += 1) {
    if ((await wflo.runs.get(RUN))?.status === status) break;
    await pause(10);
  }
  return (await wflo.runs.get(RUN))?.status;
}

test("a run's value is what stream returns, and the run is over when that is", async () => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  const process = workflowOf(wflo, simulator, { tools: { look: lookTool([]) } });
  const output = await process().run("Look around.", { runId: RUN, budget: "1.00" });
  expect((await wflo.runs.get(RUN))?.status).toBe("running");
  const types = new Set<string>();
  for await (const { type } of output.fullStream) types.add(type);
  expect([...types]).toEqual(expect.arrayContaining(["tool-result", "text-delta", "finish"]));
  expect(await statusAtLast(wflo, "completed")).toBe("completed");
  expect((await wflo.runs.get(RUN))?.cost.total).toBe("0.001");
});

test("a refusal ends the stream and pauses the run; nothing is asked or done again after a top-up, read or not", async () => {
  const simulator = await simulate(looking(3));
  const { wflo } = await newWflo();
  const looked: string[] = [];
  const process = workflowOf(wflo, simulator, { tools: { look: lookTool(looked) } });
  // Nobody reads it.
  await process().run("Look around.", { runId: RUN, budget: "0.0015" });
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
  expect([simulator.requests.length, looked.length]).toEqual([2, 2]);
  const output = await process().resume(RUN, { topUp: { to: "1.00" } });
  expect(await output.text).toBe("All seen.");
  expect(await statusAtLast(wflo, "completed")).toBe("completed");
  expect([simulator.requests.length, looked.length]).toEqual([4, 3]);
});

test("a tool that waits interrupts the run when the stream ends; each answer gives a stream of what is new", async () => {
  const simulator = await simulate(looking(2));
  const { wflo } = await newWflo();
  const storage = new InMemoryStore();
  const look = createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    suspendSchema: z.object({ may: z.string() }),
    resumeSchema: z.object({ by: z.string() }),
    execute: async (_, { agent: { resumeData, suspend } = {} as never }) =>
      resumeData === undefined ? suspend?.({ may: "I?" }) : { seen: (resumeData as { by: string }).by },
  });
  const process = workflowOf(wflo, simulator, { tools: { look }, storage });
  // Two turns can be paid.
  const first = await process().run("Look.", { runId: RUN, budget: "0.0015" });
  expect(await first.finishReason).toBe("suspended");
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
  const second = await process().resume(RUN, { answer: { by: "me" } });
  expect(await second.finishReason).toBe("suspended");
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
  const third = await process().resume(RUN, { answer: { by: "you" } });
  await third.finishReason;
  expect(third.tripwire?.reason).toContain(`Budget run/${RUN} has $0.0005 left`);
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
  const output = await process().resume(RUN, { topUp: { to: "1.00" } });
  expect(await output.text).toBe("All seen.");
  expect(simulator.requests).toHaveLength(3);
  expect(JSON.stringify(simulator.requests[2]?.body)).toMatch(/me.*you/);
});

test("a run by hand that returns what stream returned is over when that is, and paused by what refused it", async () => {
  const simulator = await simulate(looking(2));
  const { wflo } = await newWflo();
  const agent = agentOf({
    model: openaiOf(simulator)(MODEL),
    tools: { look: lookTool([]) },
    inputProcessors: [wfloProcessor({ wflo })],
  });
  const ask = (runId: string, budget: string) =>
    wflo.run({ runId, budget }, () => agent.stream("Look around.", options));
  const output = await ask(RUN, "0.0008");
  expect((await wflo.runs.get(RUN))?.status).toBe("running");
  await settled(output.consumeStream());
  expect(output.tripwire?.reason).toContain(`Budget run/${RUN} has`);
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
  expect((await wflo.runs.get(RUN))?.cost.total).toBe("0.0005");
});

test("a refusal inside of a tool pauses the run also where no turn follows", async () => {
  const simulator = await simulate(looking(1));
  const { wflo } = await newWflo();
  await wflo.budgets.set({ id: "small", caps: { total: "0.0001" } });
  const inner = agentOf({
    model: openaiOf(simulator)(MODEL),
    inputProcessors: [wfloProcessor({ budgets: ["small"] })],
  });
  const look = createTool({
    id: "look",
    description: "Looks.",
    inputSchema: z.object({}),
    execute: async () => ({ seen: (await inner.generate("What?")).text }),
  });
  const process = workflowOf(wflo, simulator, {
    tools: { look },
    defaultOptions: { maxSteps: 1 },
  });
  await process().run("Look around.", { runId: RUN, budget: "1.00" });
  expect(await statusAtLast(wflo, "paused")).toBe("paused");
});

test("a stream of an agent that fails fails its run", async () => {
  const simulator = await simulate([{ status: 400 }]);
  const { wflo } = await newWflo();
  const process = workflowOf(wflo, simulator, {});
  await process().run("Look.", { runId: RUN, budget: "1.00" });
  expect(await statusAtLast(wflo, "failed")).toBe("failed");
});
