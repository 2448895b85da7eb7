import { isBudgetExceeded, memoryDatabase } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { chatModel, clientOf, lines, newWflo, settled, simulate } from "./metering-desk.ts";

const ANSWER = { inputTokens: 300, outputTokens: 100, text: "said" };
/** Every way to ask for events. Default: the newest version of them. */
const VERSIONS = [undefined, {}, { version: "v3" }, { version: "v2" }, { version: "v1" }];

async function read(model: BaseChatModel, options: object | undefined): Promise<number> {
  let events = 0;
  for await (const _ of model.streamEvents("hello", options as never)) events += 1;
  return events;
}

test("refuses the events of a model that nobody wrapped, of every version, before anything is sent", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const reading = VERSIONS.map((options) =>
    settled(
      wflo.run({ name: "events", budget: "0.00001" }, () =>
        read(chatModel(simulator, { maxTokens: 200 }), options),
      ),
    ),
  );
  expect((await Promise.all(reading)).map(isBudgetExceeded)).toEqual(VERSIONS.map(() => true));
  expect(simulator.requests).toHaveLength(0);
});

test.each([
  ["that nobody wrapped", (model: BaseChatModel) => model],
  ["that is metered", (model: BaseChatModel) => meterChatModel(model)],
])("charges the events of a model %s once, of every version", async (_, made) => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const model = made(chatModel(simulator, { maxTokens: 200 }));
  for (const options of VERSIONS)
    await wflo.run({ name: "events", budget: "1.00" }, () => read(model, options));
  await wflo.flush();
  const charged = (await lines(wflo, VERSIONS.length)).map(({ charged: price }) => price);
  expect(charged).toEqual(VERSIONS.map(() => "0.00007"));
  expect(simulator.requests).toHaveLength(VERSIONS.length);
});

test("reports that nobody wrapped the model whose events it counts", async () => {
  const simulator = await simulate([ANSWER]);
  const wflo = await newWflo();
  const reported: unknown[] = [];
  wflo.on("call-unwrapped", (call) => void reported.push(call));
  await wflo.run({ name: "events" }, () => read(chatModel(simulator), {}));
  expect(reported).toMatchObject([{ provider: "openai", model: "gpt-4.1-nano" }]);
});

test("stops a graph at a node that streams events, and goes on there", async () => {
  const simulator = await simulate([ANSWER]);
  const database = memoryDatabase();
  const model = chatModel(simulator, { maxTokens: 200 });
  const graph = new StateGraph(Annotation.Root({ events: Annotation<number> }))
    .addNode("read", async () => ({ events: await read(model, {}) }))
    .addEdge(START, "read")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const workflow = clientOf(database).workflow("events", graph, { budget: "0.00001" });
  const refusal = (await settled(workflow.run({}))) as { runId: string };
  expect(isBudgetExceeded(refusal)).toBe(true);
  await workflow.resume(refusal.runId, { topUp: { to: "1.00" } });
  expect(simulator.requests).toHaveLength(1);
});

test("says of a model that it cannot meter how else to read its events", async () => {
  const wflo = await newWflo();
  class Secretive extends FakeListChatModel {
    readonly #answer = "said";
    get answer() {
      return this.#answer;
    }
  }
  const model = new Secretive({ responses: ["said"] });
  const reading = wflo.run({ name: "events" }, () => read(model, {}));
  await expect(reading).rejects.toThrow("The events of Secretive cannot be counted");
});
