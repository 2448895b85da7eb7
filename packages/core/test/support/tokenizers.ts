import { getTokenizer } from "@anthropic-ai/tokenizer";
import { encode as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as o200k } from "gpt-tokenizer/encoding/o200k_base";
import llama2 from "llama-tokenizer-js";
import llama3 from "llama3-tokenizer-js";
import { spacedJson, typedFunctions, type Tool } from "./json-writings.ts";

/** A conversation as it is sent, with what stands beside it. */
export interface Chat {
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
  readonly tools: readonly Tool[];
  readonly schema?: object | undefined;
}

/** A provider's tokenizer, and the tokens of a chat as that provider puts it before its model. */
export interface ModelFamily {
  readonly name: string;
  /** A model that a price is found under, in whose words an overhead may be known. */
  readonly model: string;
  readonly count: (text: string) => number;
  readonly countChat: (chat: Chat) => number;
}

/** It comes without types. */
const UNTYPED: string = "mistral-tokenizer-js";
const { default: mistral } = (await import(UNTYPED)) as {
  readonly default: { readonly encode: (text: string) => readonly number[] };
};
const plain = { disallowedSpecial: new Set<string>() };
const claude = getTokenizer();

/** Texts that look like special tokens are texts: nothing is a special token. */
const COUNT = {
  o200k: (text: string) => o200k(text, plain).length,
  cl100k: (text: string) => cl100k(text, plain).length,
  claude: (text: string) => claude.encode(text.normalize("NFKC"), [], []).length,
  // With its beginning, a space before it and its end, for each text by itself: more than there are.
  llama2: (text: string) => llama2.encode(text).length + 1,
  llama3: (text: string) => llama3.encode(text, { bos: false, eos: false }).length,
  mistral: (text: string) => mistral.encode(text).length + 1,
};

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}

/** By OpenAI's cookbook: 3 a message and 3 for the answer; functions as types, with 9 around them. */
function openaiChat(count: (text: string) => number) {
  return ({ messages, tools, schema }: Chat): number =>
    3 +
    sum(messages.map(({ role, content }) => 3 + count(role) + count(content))) +
    (tools.length === 0 ? 0 : 9 + count(typedFunctions(tools))) +
    (schema === undefined ? 0 : Math.max(count(JSON.stringify(schema)), count(spacedJson(schema))) + 20);
}

/** What Anthropic's docs say of tools to Claude Opus 4.7, the most of any model ("Tool use system prompt token count"). */
const CLAUDE_TOOL_PROMPT = 804;

function claudeChat({ messages, tools, schema }: Chat): number {
  const asJson = [...tools, ...(schema === undefined ? [] : [schema])];
  return (
    COUNT.claude("\n\nAssistant:") +
    sum(messages.map(({ content }) => COUNT.claude(`\n\nHuman: ${content}`) + 1)) +
    (tools.length === 0 ? 0 : CLAUDE_TOOL_PROMPT) +
    sum(asJson.map((tool) => COUNT.claude(spacedJson(tool)) + 4))
  );
}

/** In the template of Llama 3.1: header and end of each message, a date, and tools as JSON with indents of four. */
function llama3Chat({ messages, tools, schema }: Chat): number {
  const asked =
    "Given the following functions, please respond with a JSON for a function call with its proper arguments.";
  const written = [...tools, ...(schema === undefined ? [] : [schema])].map((tool) =>
    JSON.stringify(tool, null, 4),
  );
  return (
    1 +
    COUNT.llama3("Environment: ipython\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n") +
    sum(messages.map(({ role, content }) => 3 + COUNT.llama3(role) + COUNT.llama3(`\n\n${content}`))) +
    (tools.length === 0 ? 0 : 2 * COUNT.llama3(asked)) +
    sum(written.map((text) => COUNT.llama3(`${text}\n\n`)))
  );
}

const TURNS = { system: "<<SYS>>\n$\n<</SYS>>\n\n", user: "[INST] $ [/INST]", assistant: " $ " };

/** In the template of Llama 2 and Mistral: each turn with its own beginning and end; tools as Python writes them. */
function instructedChat(count: (text: string) => number) {
  return ({ messages, tools, schema }: Chat): number =>
    sum(messages.map(({ role, content }) => count(TURNS[role].replace("$", () => content)))) +
    (tools.length === 0 ? 0 : count(`[AVAILABLE_TOOLS] ${spacedJson(tools)}[/AVAILABLE_TOOLS]`)) +
    (schema === undefined ? 0 : count(spacedJson(schema)));
}

export const FAMILIES: readonly ModelFamily[] = [
  { name: "o200k", model: "o200k", count: COUNT.o200k, countChat: openaiChat(COUNT.o200k) },
  { name: "cl100k", model: "cl100k", count: COUNT.cl100k, countChat: openaiChat(COUNT.cl100k) },
  { name: "claude", model: "claude", count: COUNT.claude, countChat: claudeChat },
  { name: "llama 2", model: "llama-2", count: COUNT.llama2, countChat: instructedChat(COUNT.llama2) },
  { name: "llama 3", model: "llama-3", count: COUNT.llama3, countChat: llama3Chat },
  { name: "mistral", model: "mistral", count: COUNT.mistral, countChat: instructedChat(COUNT.mistral) },
];
