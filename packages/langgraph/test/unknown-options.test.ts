import { memoryDatabase } from "@wflo/core";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { expect, test } from "vitest";
import {
  graphWorkflow,
  meterChatModel,
  wfloAgentMiddleware,
  wfloCallbacks,
  WfloSaver,
  WfloStore,
} from "../src/index.ts";

const database = memoryDatabase();
const saver = new WfloSaver({ database });
const graph = new StateGraph(MessagesAnnotation)
  .addNode("n", () => ({}))
  .addEdge("__start__", "n")
  .compile({ checkpointer: new MemorySaver() });

test.each([
  ["meterChatModel", (options: object) => meterChatModel(new ChatOpenAI({ apiKey: "k" }), options)],
  ["wfloAgentMiddleware", (options: object) => wfloAgentMiddleware(options)],
  ["wfloCallbacks", (options: object) => wfloCallbacks(options)],
  ["graphWorkflow", (options: object) => graphWorkflow(graph, options)],
  ["WfloSaver", (options: object) => new WfloSaver({ database, ...options })],
  ["WfloStore", (options: object) => new WfloStore({ database, ...options })],
  ["prune", (options: object) => saver.prune({ keepLast: 1, ...options })],
  ["importFrom", (options: object) => saver.importFrom(new MemorySaver(), options)],
])("%s refuses an option that there is not by its name", async (name, make) => {
  const made = async () => await make({ threadID: "42" });
  await expect(made()).rejects.toThrow(new RegExp(`${name}: there is no "threadID"; there are \\w+`));
});
