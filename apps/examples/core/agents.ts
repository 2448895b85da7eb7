import type { Ask } from "./ask.ts";

/** Something a researcher read, and where. */
export interface Fact {
  readonly topic: string;
  readonly text: string;
  readonly path: string;
}

/** What the editor says of a page. */
export interface Review {
  readonly isGood: boolean;
  readonly advice: string;
}

const MAX_TOPICS = 3;

/** The planner: the topics to read about before a question can be answered. */
export async function planTopics(
  ask: Ask,
  question: string,
  pages: readonly string[],
): Promise<readonly string[]> {
  const { topics } = await ask.json<{ topics: string[] }>({
    role: `You are a planner. Name ${MAX_TOPICS} topics, each one word, to search these pages for.`,
    prompt: `Question: ${question}\n\nPages:\n${pages.join("\n")}`,
    maxTokens: 100,
    shape: { name: "plan", properties: { topics: LIST } },
  });
  return [...new Set(topics)].slice(0, MAX_TOPICS);
}

/** A researcher: what one page says about a topic. */
export async function noteFacts(
  ask: Ask,
  page: { readonly topic: string; readonly path: string; readonly text: string },
): Promise<readonly Fact[]> {
  const { topic, path, text } = page;
  const { facts } = await ask.json<{ facts: string[] }>({
    role: "You are a researcher. Note up to two facts about the topic that this page states.",
    prompt: `Topic: ${topic}\nPage: ${path}\n\n${text}`,
    maxTokens: 300,
    shape: { name: "notes", properties: { facts: LIST } },
  });
  return facts.map((fact) => ({ topic, text: fact, path }));
}

/** The writer: a page made of facts alone, and of the editor's advice on an earlier draft. */
export async function writePage(
  ask: Ask,
  page: { readonly question: string; readonly facts: readonly Fact[]; readonly advice: string | undefined },
): Promise<string> {
  const facts = page.facts.map(({ topic, text, path }) => `- ${topic}: ${text} (${path})`);
  const advice = page.advice === undefined ? "" : `\n\nAdvice of the editor: ${page.advice}`;
  return ask.text({
    role: "You are a writer. Write a short Markdown page that answers the question from these facts alone.",
    prompt: `Question: ${page.question}\n\nFacts:\n${facts.join("\n")}${advice}`,
    maxTokens: 1_000,
  });
}

/** The editor: whether a page tells the reader where everything in it is from. */
export async function reviewPage(ask: Ask, page: string): Promise<Review> {
  return ask.json<Review>({
    role: "You are an editor. A good page names the file of each fact. Judge this one, and say what to mend.",
    prompt: page,
    maxTokens: 200,
    shape: { name: "review", properties: { isGood: { type: "boolean" }, advice: { type: "string" } } },
  });
}

const LIST = { type: "array", items: { type: "string" } } as const;
