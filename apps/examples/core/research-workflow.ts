import type { CostBreakdown, Wflo, Workflow } from "@wflo/core";
import type OpenAI from "openai";
import { noteFacts, planTopics, reviewPage, writePage, type Fact } from "./agents.ts";
import { askOn } from "./ask.ts";
import { listPages, readPage, searchPages } from "./markdown-folder.ts";

/** What is asked of a folder of Markdown files. */
export interface Research {
  readonly folder: string;
  readonly question: string;
}

/** The page that answers it, and what it cost. */
export interface Findings {
  readonly page: string;
  readonly cost: CostBreakdown;
}

/** What a search of the folder costs, as one in a paid index would. */
const SEARCH_PRICE = "0.0005";
/** The most that one researcher may spend, whatever the run has left. */
const RESEARCHER_BUDGET = "0.01";

/**
 * A planner picks topics, researchers read about them side by side, a writer makes a page, and an editor may send the page back
 * once. Every agent and every note is saved when it is done: a run that stops goes on from there, in any process.
 */
export function researchWorkflow(wflo: Wflo, openai: OpenAI): Workflow<Research, Findings> {
  const ask = askOn(openai);
  return wflo.workflow("file-research", async (run, { folder, question }: Research) => {
    const topics = await run.agent({ name: "planner" }, async () => {
      const pages = await run.tool("list_pages", () => listPages(folder));
      return planTopics(ask, question, pages);
    });

    const research = async (topic: string) => {
      const paths = await run.step("find", () =>
        run.tool("search", () => searchPages(folder, topic), { price: SEARCH_PRICE }),
      );
      const notes: Fact[] = [];
      for (const path of paths) {
        const facts = await run.step({ name: "note", key: path }, async () => {
          const text = await run.tool("read_page", () => readPage(folder, path));
          return noteFacts(ask, { topic, path, text });
        });
        notes.push(...facts);
      }
      return notes;
    };
    const found = await Promise.all(
      topics.map((topic) =>
        run.agent({ name: "researcher", key: topic, budget: RESEARCHER_BUDGET }, () => research(topic)),
      ),
    );
    const facts = found.flat();
    await run.checkpoint("researched", { facts });

    for (;;) {
      const advice = await run.restore<string>("advice");
      const page = await run.agent({ name: "writer" }, () => writePage(ask, { question, facts, advice }));
      if (advice !== undefined) return { page, cost: await run.cost() };
      const review = await run.agent({ name: "editor" }, () => reviewPage(ask, page));
      if (review.isGood) return { page, cost: await run.cost() };
      // The draft and its review are left behind; what they cost stays spent.
      await run.rollback("researched");
      await run.checkpoint("advice", review.advice);
    }
  });
}
