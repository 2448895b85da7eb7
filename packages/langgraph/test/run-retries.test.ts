import { isBudgetExceeded, memoryDatabase } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { chatModel, clientOf, lines, newWflo, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100, text: "said" };

test.each([
  ["a model", (model: BaseChatModel) => model],
  ["a model with tools", (model: BaseChatModel) => model.bindTools?.([]) ?? model],
  ["a model with a config", (model: BaseChatModel) => model.withConfig({ tags: ["x"] })],
])("does not try again by withRetry of %s what was refused", async (_, made) => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo("0.00001");
  let refusals = 0;
  wflo.on("budget-exceeded", () => void (refusals += 1));
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }), { wflo, budgets: ["user"] });
  const refusal = await settled(made(model).withRetry({ stopAfterAttempt: 2 }).invoke("x"));
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect(refusals).toBe(1);
});

test("stops a graph by a refusal inside withRetry at once, and goes on there", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const wflo = clientOf(database);
  let refusals = 0;
  wflo.on("budget-exceeded", () => void (refusals += 1));
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 })).withRetry({ stopAfterAttempt: 2 });
  const graph = new StateGraph(Annotation.Root({ said: Annotation<string> }))
    .addNode("say", async () => ({ said: (await model.invoke("x")).text }))
    .addEdge(START, "say")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const workflow = wflo.workflow("say", graph, { budget: "0.00001" });
  const refusal = (await settled(workflow.run({}))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  expect(refusals).toBe(1);
  expect(await workflow.resume(refusal.runId, { topUp: { to: "1.00" } })).toEqual({ said: "said" });
});

test("tries again by withRetry what the provider failed at, as a call of its own, and tells its listener", async () => {
  const simulator = await simulate([{ status: 500 }, ANSWER]);
  const wflo = await newWflo();
  const failed: unknown[] = [];
  const model = meterChatModel(chatModel(simulator, { maxTokens: 200 }), { wflo, budgets: ["user"] });
  const retrying = model.withRetry({ onFailedAttempt: (error) => void failed.push(error) });
  expect((await retrying.invoke("x")).text).toBe("said");
  expect(failed).toHaveLength(1);
  expect((await lines(wflo, 2)).map(({ kind }) => kind).toSorted()).toEqual(["settle", "void"]);
});
