import { memoryDatabase } from "@wflo/core";
import { graphWorkflow, WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { clientOf, settled } from "./metering-desk.ts";

const Said = Annotation.Root({ said: Annotation<string> });

test.each(["config", "run"])("stops a graph by the signal of its %s", async (whose) => {
  const database = memoryDatabase();
  const wflo = clientOf(database);
  const [ofConfig, ofRun] = [new AbortController(), new AbortController()];
  const graph = new StateGraph(Said)
    .addNode("stop", async (_, { signal }) => {
      const stopped = new Promise((resolve) => signal?.addEventListener("abort", resolve));
      (whose === "config" ? ofConfig : ofRun).abort(new Error("enough"));
      await stopped;
      return { said: "all" };
    })
    .addEdge(START, "stop")
    .compile({ checkpointer: new WfloSaver({ database }) });
  const options = { config: { signal: ofConfig.signal } };
  const workflow = wflo.workflow("stop", graphWorkflow<object, unknown>(graph, options));
  const outcome = await settled(workflow.run({}, { signal: ofRun.signal }));
  expect(outcome).toMatchObject({ message: "enough" });
});
