import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { tool } from "@langchain/core/tools";
import { Annotation, getStore, START, StateGraph, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Database } from "@wflo/core";
import { createAgent } from "langchain";
import { expect, test } from "vitest";
import { WfloSaver, WfloStore } from "../src/index.ts";

const State = Annotation.Root({ say: Annotation<string>, heard: Annotation<string[]> });

/** What graphs do with a store, beside a saver on the same database. */
export function storeGraphCases(database: Database, tenant: string): void {
  const open = () => ({
    checkpointer: new WfloSaver({ database, tenant }),
    store: new WfloStore({ database, tenant }),
  });
  const newThread = () => ({ configurable: { thread_id: crypto.randomUUID() } });

  test("a node remembers across threads and processes", async () => {
    const user = crypto.randomUUID();
    const graph = () =>
      new StateGraph(State)
        .addNode("listen", async ({ say }, { store }: LangGraphRunnableConfig) => {
          await store?.put(["heard", user], say, { say });
          const heard = (await store?.search(["heard", user])) ?? [];
          return { heard: heard.map(({ value }) => String(value["say"])) };
        })
        .addEdge(START, "listen")
        .compile(open());
    for (const say of ["one", "two"]) await graph().invoke({ say }, newThread());
    const { heard } = await graph().invoke({ say: "three" }, newThread());
    expect(heard.toSorted()).toEqual(["one", "three", "two"]);
  });

  test("nodes that remember at once are each answered rightly", async () => {
    const user = crypto.randomUUID();
    const List = Annotation.Root({
      heard: Annotation<string[]>({ reducer: (one, other) => one.concat(other), default: () => [] }),
    });
    const names = ["n0", "n1", "n2", "n3"];
    const builder = new StateGraph(List);
    for (const name of names) {
      const node = async (_: unknown, { store }: LangGraphRunnableConfig) => {
        await Promise.all([store?.put([user], name, { name }), store?.get([user], "none")]);
        return { heard: [String((await store?.get([user], name))?.value["name"])] };
      };
      (builder.addNode(name, node) as unknown as { addEdge(from: string, to: string): void }).addEdge(
        START,
        name,
      );
    }
    const { heard } = await builder.compile(open()).invoke({ heard: [] }, newThread());
    expect(heard).toEqual(names);
  });

  test("a node remembers as much in one turn as it likes", async () => {
    const user = crypto.randomUUID();
    const { checkpointer, store: items } = open();
    const graph = new StateGraph(State)
      .addNode("listen", async (_, { store }: LangGraphRunnableConfig) => {
        const facts = Array.from({ length: 1_500 }, (_fact, at) => at);
        await Promise.all(facts.map(async (at) => store?.put([user], `fact ${at}`, { at })));
        return { heard: [] };
      })
      .addEdge(START, "listen")
      .compile({ checkpointer, store: items });
    await graph.invoke({ say: "" }, newThread());
    expect(await items.search([user], { limit: 2_000 })).toHaveLength(1_500);
  });

  test("a tool of an agent remembers, and another thread's agent recalls", async () => {
    const user = crypto.randomUUID();
    const remember = tool(
      async ({ fact }: { fact: string }, config) => {
        await getStore(config as LangGraphRunnableConfig)?.put(["facts", user], "last", { fact });
        return "noted";
      },
      {
        name: "remember",
        description: "Remembers a fact.",
        schema: { type: "object", properties: { fact: { type: "string" } }, required: ["fact"] },
      },
    );
    const recall = tool(
      async (_: object, config) => {
        const item = await getStore(config as LangGraphRunnableConfig)?.get(["facts", user], "last");
        return String(item?.value["fact"]);
      },
      { name: "recall", description: "Recalls it.", schema: { type: "object", properties: {} } },
    );
    const say = async (name: string, args: Record<string, unknown>) => {
      const model = fakeModel().respondWithTools([{ name, args }]).respond(new AIMessage("done"));
      const agent = createAgent({ model, tools: [remember, recall], ...open() });
      const { messages } = await agent.invoke({ messages: [new HumanMessage("hello")] }, newThread());
      return messages.map(({ text }) => text);
    };
    expect(await say("remember", { fact: "tea at four" })).toContain("noted");
    expect(await say("recall", {})).toContain("tea at four");
  });
}
