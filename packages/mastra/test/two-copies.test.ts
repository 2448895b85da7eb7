import { createRequire } from "node:module";
import { agentWorkflow, mastraWorkflow, wfloProcessor } from "@wflo/mastra";
import type { Wflo } from "@wflo/core";
import type { Agent } from "@mastra/core/agent";
import { noopLogger } from "@mastra/core/logger";
import { expect, test } from "vitest";
import { z } from "zod";
import { lines, MODEL, newWflo, openaiOf, simulate, windowOf } from "./mastra-desk.ts";

type Core = typeof import("@mastra/core/agent") &
  typeof import("@mastra/core/mastra") &
  typeof import("@mastra/core/storage") &
  typeof import("@mastra/core/workflows");

/** Mastra as an application in CommonJS has it: a copy of its own. */
const require = createRequire(import.meta.url);
const mastra: Core = Object.assign(
  {},
  ...["agent", "mastra", "storage", "workflows"].map((name) => require(`@mastra/core/${name}`) as object),
) as Core;

const BUDGET = { budget: "1.00" };

function agentWith(model: object, more: object = {}): Agent {
  const about = { id: "copied", name: "copied", instructions: "Answer." };
  return new mastra.Agent({ ...about, model, ...more } as never);
}

async function charged(wflo: Wflo, count: number) {
  return (await lines(wflo, count)).map(({ agent, kind }) => `${agent} ${kind}`);
}

test("an agent of another copy of Mastra is metered as a workflow", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const agent = agentWith(openaiOf(simulator)(MODEL));
  const workflows = [
    wflo.workflow<unknown, unknown>("told", agentWorkflow(agent)),
    wflo.workflow<unknown, unknown>("found", agent as never),
  ];
  for (const workflow of workflows)
    expect(await workflow.run("Bees?", BUDGET)).toMatchObject({ text: "Bees." });
  expect(simulator.requests).toHaveLength(2);
  expect(await charged(wflo, 2)).toEqual(["copied settle", "copied settle"]);
});

test("a step that is an agent of another copy of Mastra is metered in a run", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const agent = agentWith(openaiOf(simulator)(MODEL));
  const schemas = {
    inputSchema: z.object({ prompt: z.string() }),
    outputSchema: z.object({ text: z.string() }),
  };
  const built = mastra.createWorkflow({ id: "w", ...schemas }).then(mastra.createStep(agent));
  const parts = { agents: { agent }, workflows: { w: built.commit() }, storage: new mastra.InMemoryStore() };
  const { w } = new mastra.Mastra({ ...parts, logger: noopLogger as never }).listWorkflows();
  const workflow = wflo.workflow<unknown, unknown>("w", mastraWorkflow(w as never));
  expect(await workflow.run({ prompt: "Bees?" }, BUDGET)).toMatchObject({ text: "Bees." });
  expect(await charged(wflo, 1)).toEqual(["copied settle"]);
});

test("a processor knows the agent of another copy of Mastra by its name", async () => {
  const simulator = await simulate([{ text: "Bees." }]);
  const { wflo } = await newWflo();
  const inputProcessors = [wfloProcessor({ wflo, budgets: ["user"] })];
  const agent = agentWith(openaiOf(simulator)(MODEL), { inputProcessors });
  const agents = { agent };
  const copied = new mastra.Mastra({ agents, logger: noopLogger as never }).getAgent("agent");
  expect((await copied.generate("Bees?")).text).toBe("Bees.");
  expect(await charged(wflo, 1)).toEqual(["copied settle"]);
  expect((await windowOf(wflo))?.spent).not.toBe("0.00");
});
