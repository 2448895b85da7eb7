import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { WfloSaver } from "../src/index.ts";

/** A process of its own that runs a graph on a thread some times: `<url> <tenant> <thread> <name> <turns>`; prints what it came to. */
const [url = "", tenant = "", thread = "", name = "", turns = "0"] = process.argv.slice(2);
const saver = WfloSaver.fromConnString(url, { tenant });
const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, added) => log.concat(added), default: () => [] }),
});
const graph = new StateGraph(State)
  .addNode("n", ({ log }) => ({ log: [`${name} saw ${log.length}`] }))
  .addEdge(START, "n")
  .compile({ checkpointer: saver });
const results: string[][] = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const { log } = await graph.invoke({ log: [`${name} ${turn}`] }, { configurable: { thread_id: thread } });
  results.push(log);
}
console.log(JSON.stringify(results));
await saver.close();
