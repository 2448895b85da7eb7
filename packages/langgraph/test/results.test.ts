import { createWflo, memoryDatabase, RunInterruptedError, type Run } from "@wflo/core";
import { graphWorkflow, WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, onTestFinished, test } from "vitest";
import { settled } from "./metering-desk.ts";

test("returns the same after a crash between the end of the graph and that of its run", async () => {
  const wflo = createWflo({ database: memoryDatabase(), logger: false });
  onTestFinished(() => wflo.close().catch(() => {}));
  const State = Annotation.Root({ said: Annotation<string>, secret: Annotation<string> });
  const graph = new StateGraph({ state: State, output: Annotation.Root({ said: Annotation<string> }) })
    .addNode("say", () => ({ said: "yes", secret: "no" }))
    .addEdge(START, "say")
    .compile({ checkpointer: new WfloSaver({ database: memoryDatabase() }) });
  const work = graphWorkflow<{ said: string }, object>(graph);
  let crashes = true;
  const workflow = wflo.workflow("say", async (run: Run<{ said: string }>, input: { said: string }) => {
    const result = await work(run, input);
    if (crashes) throw new RunInterruptedError(run.id, []);
    return result;
  });
  const { runId } = (await settled(workflow.run({ said: "" }))) as RunInterruptedError;
  crashes = false;
  expect(await workflow.resume(runId)).toEqual({ said: "yes" });
});
