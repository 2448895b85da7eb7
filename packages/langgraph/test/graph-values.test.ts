import { createWflo, memoryDatabase } from "@wflo/core";
import { WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, onTestFinished, test } from "vitest";
import { settled } from "./metering-desk.ts";

test("keeps an input that it cannot save from being lost without a word", async () => {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  onTestFinished(() => wflo.close());
  const State = Annotation.Root({ work: Annotation<unknown>, kind: Annotation<string> });
  const graph = new StateGraph(State)
    .addNode("look", ({ work }) => ({ kind: typeof work }))
    .addEdge(START, "look")
    .compile({ checkpointer: new WfloSaver({ database: memoryDatabase() }) });
  const outcome = await settled(wflo.workflow("looked", graph).run({ work: () => 1 }));
  expect(outcome).toMatchObject({ code: "WFLO_UNSAVABLE_VALUE" });
});
