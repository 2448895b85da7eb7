import { createWflo } from "@wflo/core";
import { meterChatModel, WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { postgres } from "@wflo/postgres";

/** A process of its own that starts or resumes a run of a graph: `<url> <tenant> <simulator> <run id> <start|resume|take-over>`. */
const [url = "", tenant = "", simulator = "", runId = "", how = "start"] = process.argv.slice(2);
const database = postgres({ url, max: 4 });
const wflo = createWflo({ database, tenant, logger: false, drainMs: 1_000 });
const model = meterChatModel(
  new ChatOpenAI({
    model: "gpt-4.1-nano",
    apiKey: "none",
    maxRetries: 0,
    maxTokens: 200,
    configuration: { baseURL: simulator },
  }),
);
const State = Annotation.Root({
  done: Annotation<string[]>({ reducer: (done, added) => [...done, ...added], default: () => [] }),
});
const node = (name: string) => async () => {
  await model.invoke(`node ${name}.`);
  return { done: [name] };
};
const BRANCHES = ["b1", "b2", "b3", "b4"];
const graph = new StateGraph(State)
  .addNode("plan", node("plan"))
  .addNode("b1", node("b1"))
  .addNode("b2", node("b2"))
  .addNode("b3", node("b3"))
  .addNode("b4", node("b4"))
  .addNode("draft", node("draft"))
  .addNode("check", node("check"))
  .addEdge(START, "plan")
  .addConditionalEdges("plan", () => BRANCHES)
  .addEdge(["b1", "b2", "b3", "b4"], "draft")
  .addEdge("draft", "check")
  .compile({ checkpointer: new WfloSaver({ database, tenant }) });
const work = wflo.workflow("killed", graph, { budget: "1.00" });
process.send?.("ready");
try {
  const { done } =
    how === "start"
      ? await work.run({ done: [] }, { runId })
      : await work.resume(runId, { takeOver: how === "take-over" });
  process.send?.({ done });
} catch (error) {
  process.send?.({ failed: (error as { code?: string }).code ?? String(error) });
}
await wflo.close();
process.disconnect?.();
