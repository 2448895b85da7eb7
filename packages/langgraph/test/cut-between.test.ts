import { createWflo, memoryDatabase } from "@wflo/core";
import { WfloSaver } from "@wflo/langgraph";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, onTestFinished, test } from "vitest";

const State = Annotation.Root({
  done: Annotation<string[]>({ reducer: (done, added) => [...done, ...added], default: () => [] }),
});

test("a run that died when a node's writes were saved, and their checkpoint was not, goes on with the next node", async () => {
  const database = memoryDatabase();
  const wflo = createWflo({ database, logger: false });
  onTestFinished(() => wflo.close());
  const saver = new WfloSaver({ database });
  const ran: string[] = [];
  const node = (name: string) => async () => {
    ran.push(name);
    return { done: [name] };
  };
  let dies = true;
  const dying = new Proxy(saver, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (key === "put" && dies && ran.length === 2) return Promise.reject(new Error("The process died."));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const graph = new StateGraph(State)
    .addNode("a", node("a"))
    .addNode("b", node("b"))
    .addNode("c", node("c"))
    .addEdge(START, "a")
    .addEdge("a", "b")
    .addEdge("b", "c")
    .compile({ checkpointer: dying });
  const workflow = wflo.workflow("cut", graph);
  await expect(workflow.run({ done: [] })).rejects.toThrow("The process died.");
  dies = false;
  const [run] = await wflo.runs.list();
  expect(await workflow.resume(run?.id ?? "")).toEqual({ done: ["a", "b", "c"] });
  // What was under way when it died is done again, what was finished is not.
  expect(ran.filter((name) => name !== "c")).toEqual(["a", "b"]);
});
