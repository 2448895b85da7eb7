import { Annotation, Send, START, StateGraph } from "@langchain/langgraph";
import type { WfloSaver } from "@wflo/langgraph";
import { noteFacts, planTopics, writePage, type Fact } from "../core/agents.ts";
import type { Ask } from "../core/ask.ts";
import { listPages, readPage, searchPages } from "../core/markdown-folder.ts";

/** A page to read, and what for. */
export interface Reading {
  readonly folder: string;
  readonly topic: string;
  readonly path: string;
}

const Research = Annotation.Root({
  folder: Annotation<string>,
  question: Annotation<string>,
  topics: Annotation<readonly string[]>,
  readings: Annotation<readonly Reading[]>,
  facts: Annotation<readonly Fact[]>({ reducer: (known, found) => [...known, ...found], default: () => [] }),
  page: Annotation<string>,
});

/**
 * Plans topics, searches the pages of a folder for them, reads what was found side by side, a branch a page, and writes a page of its own.
 * A branch makes one call, so that a branch that is done is paid for once, whatever happens to the others.
 */
export function researchGraph(ask: Ask, checkpointer: WfloSaver) {
  return new StateGraph(Research)
    .addNode("plan", async ({ folder, question }) => ({
      topics: await planTopics(ask, question, await listPages(folder)),
    }))
    .addNode("search", async ({ folder, topics }) => {
      const found = topics.map(async (topic) =>
        (await searchPages(folder, topic)).map((path) => ({ folder, topic, path })),
      );
      return { readings: (await Promise.all(found)).flat() };
    })
    .addNode("read", async ({ folder, topic, path }: Reading) => ({
      facts: await noteFacts(ask, { topic, path, text: await readPage(folder, path) }),
    }))
    .addNode("write", async ({ question, facts }) => ({
      page: await writePage(ask, { question, facts, advice: undefined }),
    }))
    .addEdge(START, "plan")
    .addEdge("plan", "search")
    .addConditionalEdges("search", ({ readings }) => readings.map((reading) => new Send("read", reading)))
    .addEdge("read", "write")
    .compile({ checkpointer });
}
