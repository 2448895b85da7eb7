import type { SimulatorRequest } from "@wflo/testkit/simulator";
import { encode } from "gpt-tokenizer/encoding/o200k_base";

const TOKENS_PER_MESSAGE = 3;
const TOKENS_TO_PRIME_THE_ANSWER = 3;
const TOKENS_PER_FUNCTION = 7;
const TOKENS_AFTER_FUNCTIONS = 12;
const TOKENS_PER_PROPERTY = 3;

interface Message {
  readonly role: string;
  readonly content?: unknown;
  readonly name?: string;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

interface Tool {
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: { readonly properties?: Readonly<Record<string, Property>> };
  };
}

interface Property {
  readonly type?: string;
  readonly description?: string;
}

/** The tokens of a text in o200k_base, the encoding of gpt-4o, gpt-4.1 and later. */
export function textTokens(text: string): number {
  return encode(text, { disallowedSpecial: new Set() }).length;
}

/**
 * What a chat request has in input tokens, by the rules of OpenAI's cookbook ("How to count tokens with tiktoken": messages, and
 * functions as gpt-4o reads them), which shares no line with wflo's estimate. The calls of tools in a history, which it leaves
 * open, count as their names and arguments; a schema of the answer as its JSON.
 */
export function requestTokens({ body, messages }: Pick<SimulatorRequest, "body" | "messages">): number {
  const tools = (body["tools"] ?? []) as readonly Tool[];
  const format = body["response_format"] as { readonly json_schema?: unknown } | undefined;
  return (
    TOKENS_TO_PRIME_THE_ANSWER +
    sum((messages as readonly Message[]).map(messageTokens)) +
    (tools.length === 0 ? 0 : TOKENS_AFTER_FUNCTIONS + sum(tools.map(toolTokens))) +
    (format?.json_schema === undefined ? 0 : textTokens(JSON.stringify(format.json_schema)))
  );
}

function messageTokens({ role, content, name, tool_calls: calls = [] }: Message): number {
  return (
    TOKENS_PER_MESSAGE +
    textTokens(role) +
    (typeof content === "string" ? textTokens(content) : 0) +
    (name === undefined ? 0 : textTokens(name) + 1) +
    sum(calls.map((call) => textTokens(call.function.name) + textTokens(call.function.arguments)))
  );
}

function toolTokens({ function: { name, description = "", parameters } }: Tool): number {
  const properties = Object.entries(parameters?.properties ?? {});
  return (
    TOKENS_PER_FUNCTION +
    textTokens(`${name}:${description}`) +
    (properties.length === 0 ? 0 : TOKENS_PER_PROPERTY) +
    sum(
      properties.map(
        ([key, { type = "", description: what = "" }]) =>
          TOKENS_PER_PROPERTY + textTokens(`${key}:${type}:${what}`),
      ),
    )
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
