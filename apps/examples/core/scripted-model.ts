import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit/simulator";

/**
 * Plays the model where no key is set: always the same answers, made of nothing but what the request says. Its first drafts
 * name no files, so that the editor has something to send back.
 */
export function scriptedModel(request: SimulatorRequest): SimulatorReply {
  const [, prompt = ""] = request.messages.map((message) => (message as { content: string }).content);
  const format = request.body["response_format"] as { json_schema: { name: string } } | undefined;
  return { latencyMs: 20, text: answerOf(format?.json_schema.name, prompt) };
}

function answerOf(shape: string | undefined, prompt: string): string {
  switch (shape) {
    case "plan":
      return JSON.stringify({ topics: topicsOf(lineOf(prompt, "Question")) });
    case "notes":
      return JSON.stringify({ facts: factsOf(prompt, lineOf(prompt, "Topic")) });
    case "review":
      return JSON.stringify(reviewOf(prompt));
    default:
      return pageOf(prompt);
  }
}

/** The longest words of a question. */
function topicsOf(question: string): string[] {
  const words = question.toLowerCase().match(/\p{L}+/gu) ?? [];
  return words.toSorted((a, b) => b.length - a.length).slice(0, 3);
}

/** The first sentences of prose that name the topic. */
function factsOf(prompt: string, topic: string): string[] {
  const [, ...paragraphs] = prompt.replace(/^```[^]*?^```/gm, "").split("\n\n");
  const prose = paragraphs.filter((paragraph) => /^[A-Z]/.test(paragraph));
  const sentences = prose.flatMap((paragraph) => paragraph.replace(/\s+/g, " ").split(/(?<=\.) (?=[A-Z])/));
  return sentences.filter((sentence) => sentence.toLowerCase().includes(topic)).slice(0, 2);
}

function reviewOf(page: string): { readonly isGood: boolean; readonly advice: string } {
  const facts = page.split("\n").filter((line) => line.startsWith("- "));
  const isGood = facts.length > 0 && facts.every((fact) => fact.endsWith(".md)"));
  return { isGood, advice: isGood ? "" : "Name the file of each fact." };
}

function pageOf(prompt: string): string {
  const isAdvised = prompt.includes("Advice of the editor");
  const facts = prompt.split("\n").filter((line) => line.startsWith("- "));
  const lines = facts.map((fact) => (isAdvised ? fact : fact.replace(/ \([^()]*\)$/, "")));
  return [`# ${lineOf(prompt, "Question")}`, "", ...lines].join("\n");
}

function lineOf(prompt: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "m").exec(prompt)?.[1] ?? "";
}
