import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { WfloSaver } from "@wflo/langgraph";
import { pglite } from "@wflo/postgres/pglite";

/** A conversation that is kept in a database, and a fork of it: each branch reads its own state. */
async function basic(): Promise<void> {
  const database = pglite();
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("agent", ({ messages }) => ({
      messages: [new AIMessage(`You said: ${messages.at(-1)?.text ?? "nothing"}`)],
    }))
    .addEdge(START, "agent")
    .compile({ checkpointer: new WfloSaver({ database }) }); // the line more

  const thread = { configurable: { thread_id: "42" } };
  const say = (text: string, config: object) => graph.invoke({ messages: [new HumanMessage(text)] }, config);
  await say("hello", thread);
  const { config: fork } = await graph.getState(thread);
  await say("this way", thread);
  const main = (await graph.getState(thread)).config;
  await say("that way", fork);

  for (const [name, config] of [
    ["One branch", main],
    ["The other", thread],
  ] as const) {
    const { messages } = (await graph.getState(config)).values as typeof MessagesAnnotation.State;
    console.log(`${name}: ${messages.map(({ text }) => text).join(" | ")}`);
  }
  await database.close();
}

await basic();
