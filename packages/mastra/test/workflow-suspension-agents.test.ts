import { createStep } from "@mastra/core/workflows";
import { createWorkflow as createEvented } from "@mastra/core/workflows/evented";
import { createTool } from "@mastra/core/tools";
import { meterModel, suspendAtBudget, wfloProcessor } from "@wflo/mastra";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { MODEL, newAgent, openaiOf } from "./mastra-desk.ts";
import {
  APPROVAL,
  approving,
  flow,
  newDesk,
  SCHEMAS,
  started,
  Text,
  type Flow,
  type WorkflowDesk,
} from "./workflow-desk.ts";

const CALL = { modelSettings: { maxOutputTokens: 1_000 } };

/** An agent on the budget `user`, whose model is not metered. */
function agentOn(desk: WorkflowDesk, more: object = {}) {
  return newAgent({
    model: openaiOf(desk.simulator)(MODEL),
    inputProcessors: [wfloProcessor({ wflo: desk.wflo, budgets: ["user"] })],
    defaultOptions: CALL,
    ...more,
  } as never);
}

const asPrompt = async ({ inputData: { text } }: { inputData: { text: string } }) => ({
  prompt: `Tell me about ${text}.`,
});

test("a step that is an agent is suspended by the tripwire of a refusal", async () => {
  const desk = await newDesk("0.0001");
  const make = () =>
    flow("w", { retryConfig: { attempts: 2 } })
      .map(asPrompt)
      .then(createStep(agentOn(desk), CALL as never))
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result).toMatchObject({ status: "suspended", suspended: [["researcher"]] });
  expect(result.suspendPayload?.["researcher"]?.wflo).toMatchObject({
    code: "WFLO_BUDGET_EXCEEDED",
    cap: "0.0001",
  });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "researcher" })).toMatchObject({
    status: "success",
    result: { text: "Fine." },
  });
  expect(desk.asked).toEqual(["hi"]);
});

test("an agent of another's model that throws its refusals is suspended too, by name of the agent", async () => {
  const desk = await newDesk("0.0001");
  const model = meterModel(openaiOf(desk.simulator)(MODEL), { wflo: desk.wflo, budgets: ["user"] });
  const agent = newAgent({ model, defaultOptions: CALL } as never);
  const make = () =>
    (flow().map(asPrompt) as Flow & { agent(id: string, options?: object): Flow })
      .agent("researcher", CALL)
      .commit();
  const { result, resume } = await started(desk, make, { agents: { researcher: agent } });
  expect(result).toMatchObject({ status: "suspended", suspended: [["researcher"]] });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "researcher" })).toMatchObject({
    status: "success",
    result: { text: "Fine." },
  });
});

test("an agent that code inside of a step asks suspends the step, although it returns", async () => {
  const desk = await newDesk("0.0001");
  const agent = agentOn(desk);
  const step = desk.step("writer", async () => ({
    text: (await agent.generate("Bees?", CALL as never)).text,
  }));
  const { result, resume } = await started(desk, () => flow().then(step).commit());
  expect(result).toMatchObject({ status: "suspended", suspended: [["writer"]] });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "writer" })).toMatchObject({ result: { text: "Fine." } });
});

test("a tripwire that is no refusal stays one", async () => {
  const desk = await newDesk("1.00");
  const guard = {
    id: "guard",
    processInput: ({ abort }: { abort: (why: string) => never }) => abort("Rude."),
  };
  const agent = agentOn(desk, { inputProcessors: [guard] });
  const { result } = await started(desk, () => flow().map(asPrompt).then(createStep(agent)).commit());
  expect(result).toMatchObject({ status: "tripwire", tripwire: { reason: "Rude." } });
});

test("a step that is a tool, with schemas of its own, is suspended", async () => {
  const desk = await newDesk("0.0001");
  const tool = createTool({
    id: "look",
    description: "Looks.",
    ...SCHEMAS,
    ...APPROVAL,
    execute: async ({ text }) => ({ text: `${text} ${await desk.ask("look")}` }),
  });
  const { result, resume } = await started(desk, () => flow().then(createStep(tool)).commit());
  expect(result).toMatchObject({ status: "suspended", suspended: [["look"]] });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "look" })).toMatchObject({ result: { text: "hi Fine." } });
});

test("items of a foreach that run at once are suspended one by one", async () => {
  const desk = await newDesk("0.0011");
  const item = desk.step("item", async ({ inputData: { text } }) => {
    await desk.ask(text);
    return { text };
  });
  const make = () =>
    flow("w", { outputSchema: z.array(Text) })
      .map(async () => ["one", "two", "three", "four"].map((text) => ({ text })))
      .foreach(item, { concurrency: 4 })
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result.status).toBe("suspended");
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await resume({ step: "item" })).toMatchObject({
    status: "success",
    result: ["one", "two", "three", "four"].map((text) => ({ text })),
  });
  expect(desk.asked.toSorted()).toEqual(["four", "one", "three", "two"]);
});

test("of items that run at once, each is given its own answer only", async () => {
  const desk = await newDesk("1.00");
  const seen: (readonly unknown[])[] = [];
  const item = desk.step(
    "item",
    async ({ inputData: { text }, resumeData, suspendData, suspend }) => {
      if (text === "one" && resumeData === undefined) return suspend({ asked: text });
      seen.push([text, resumeData, suspendData]);
      await desk.ask(text);
      return { text };
    },
    APPROVAL,
  );
  const make = () =>
    flow("w", { outputSchema: z.array(Text) })
      .map(async () => ["one", "two", "three", "four"].map((text) => ({ text })))
      .foreach(item, { concurrency: 2 })
      .commit();
  const { result, resume } = await started(desk, make);
  expect(result.status).toBe("suspended");
  await desk.wflo.budgets.pause("user");
  expect((await resume({ step: "item", resumeData: { by: "me" } })).status).toBe("suspended");
  await desk.wflo.budgets.resume("user");
  expect((await resume({ step: "item" })).status).toBe("success");
  const answered = ["one", { by: "me" }, { asked: "one" }];
  expect(seen.filter(([text]) => text === "one")).toEqual([answered, answered]);
  for (const text of ["two", "three", "four"])
    for (const one of seen.filter(([about]) => about === text))
      expect(one).toEqual([text, undefined, undefined]);
});

test("a workflow that is run by events waits for money as well", async () => {
  const desk = await newDesk("0.0006");
  const evented = (createEvented({ id: "w", ...SCHEMAS }) as never as Flow)
    .then(desk.step("a"))
    .then(desk.step("approve", approving(desk, "approval"), APPROVAL))
    .then(desk.step("b"))
    .commit();
  const mastra = desk.mastra({ w: suspendAtBudget(evented) });
  await mastra.startEventEngine();
  onTestFinished(() => mastra.stopEventEngine());
  const run = await mastra.getWorkflow("w").createRun();
  expect((await run.start({ inputData: { text: "hi" } } as never)).status).toBe("suspended");
  const refused = await run.resume({ step: "approve", resumeData: { by: "me" } } as never);
  expect(refused).toMatchObject({
    status: "suspended",
    steps: { approve: { suspendPayload: { wflo: {} } } },
  });
  await desk.wflo.budgets.topUp("user", { to: "1.00" });
  expect(await run.resume({ step: "approve" } as never)).toMatchObject({
    status: "success",
    result: { text: "hi a by me b" },
  });
  expect(desk.asked).toEqual(["a", "approval", "b"]);
});
