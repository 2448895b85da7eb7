import type { SimulatorReply, SimulatorRequest } from "@wflo/testkit/simulator";

const FILES_TO_READ = 6;

interface Message {
  readonly role: string;
  readonly content?: string | null;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

/**
 * Plays the model where no key is set: lists the folder, searches it for a word of the question, reads the files that match
 * best, and answers from what it read. It sees nothing but the request, like a real one.
 */
export function scriptedModel(request: SimulatorRequest): SimulatorReply {
  const messages = request.messages as readonly Message[];
  const question = messages.find((message) => message.role === "user")?.content ?? "";
  const word = keyword(question);
  const results = messages
    .filter((message) => message.role === "tool")
    .map((message) => message.content ?? "");
  const thinking = { latencyMs: 40, tokensPerSecond: 4_000 };
  if (results.length === 0) return { ...thinking, ...use("list_files", {}) };
  if (results.length === 1) return { ...thinking, ...use("search_files", { text: word }) };
  const files = bestFiles(results[0] ?? "", results[1] ?? "");
  const next = files[results.length - 2];
  if (next !== undefined) return { ...thinking, ...use("read_file", { path: next }) };
  return { ...thinking, text: answer(question, word, files, results.slice(2)) };
}

function use(name: string, args: Record<string, string>): SimulatorReply {
  return { text: `I will use ${name}.`, toolCalls: [{ name, arguments: args }] };
}

/** The longest word of the question. */
function keyword(question: string): string {
  const words = question.match(/[\p{L}\p{N}]+/gu) ?? ["the"];
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}

/** Files by how many lines match, then as they are listed. */
function bestFiles(listing: string, matches: string): string[] {
  const listed = listing.split("\n").map((line) => line.replace(/ \(\d+ bytes\)$/, ""));
  const hits = new Map<string, number>();
  for (const line of matches.split("\n")) {
    const file = /^(.+?):\d+: /.exec(line)?.[1];
    if (file !== undefined) hits.set(file, (hits.get(file) ?? 0) + 1);
  }
  return listed.sort((a, b) => (hits.get(b) ?? 0) - (hits.get(a) ?? 0)).slice(0, FILES_TO_READ);
}

function answer(
  question: string,
  word: string,
  files: readonly string[],
  contents: readonly string[],
): string {
  const findings = files.map((file, index) => `- ${file}: ${firstSentence(contents[index] ?? "", word)}`);
  return [`What I found on "${question}" (the scripted model only quotes):`, ...findings].join("\n");
}

/** A line of prose that says most about the word, else the first line of prose. */
function firstSentence(content: string, word: string): string {
  const prose = content
    .split("\n")
    .map((line) => line.replace(/^[\s/*#>-]+/, "").trim())
    .filter((line) => /^[A-Z`].{30,}/.test(line) && !line.endsWith("{"));
  const best = prose.find((line) => line.toLowerCase().includes(word.toLowerCase())) ?? prose[0];
  return (best ?? "no prose in it").slice(0, 150);
}
