import { readAiSdk } from "./usage-of-response-ai-sdk.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { fieldsOf } from "./usage-of-response-fields.ts";
import { readLangChain, readOpenAIAgents } from "./usage-of-response-frameworks.ts";
import { readBedrock, readInvokedModel } from "./usage-of-bedrock.ts";
import { readGemini, readInteraction } from "./usage-of-gemini.ts";
import {
  readAnthropic,
  readChat,
  readCohere,
  readDocument,
  readOllama,
  readResponses,
  readTotal,
  readVertexEmbedding,
} from "./usage-of-response-providers.ts";
import { isStreamResult } from "./usage-of-response-stream.ts";
import { isUsage, type Usage } from "./usage.ts";

/** What a response tells of its price. */
export interface MeasuredResponse {
  readonly usage: Usage;
  readonly model?: string;
  readonly serviceTier?: string;
}

/** Of two shapes that fit, the earlier is the more specific: it is the one that is read, or nothing is. */
const READERS: readonly ((response: Fields) => Reading | undefined)[] = [
  readGemini,
  readInteraction,
  readLangChain,
  readOllama,
  readCohere,
  readAnthropic,
  readChat,
  readResponses,
  readBedrock,
  readInvokedModel,
  readVertexEmbedding,
  readDocument,
  readTotal,
  readOpenAIAgents,
  readAiSdk,
];

/** Names under which responses are wrapped, where a class has them as getters. */
const WRAPPINGS = ["response", "data", "result", "message"];
/** With more properties than this it is no wrapping. */
const MAX_PROPERTIES = 64;

/**
 * The usage in the result of a call of a model, of whichever provider or framework it is: OpenAI, Anthropic, Gemini, Bedrock
 * (Converse), Cohere, Mistral, Ollama, the AI SDK, Mastra, LangChain, OpenAI's agents; also one level inside, as in
 * `{ response }`, `{ data }` or `[response, extra]`. Undefined when there is none, when it is a stream, when it is not made of
 * valid counts, when nothing at all was counted, and when it is not clear: never a guess.
 */
export function usageOfResponse(response: unknown): MeasuredResponse | undefined {
  try {
    return measure(response);
  } catch {
    // A getter that throws is no usage.
    return undefined;
  }
}

function measure(response: unknown): MeasuredResponse | undefined {
  if (isStreamResult(response)) return undefined;
  const outer = fieldsOf(response);
  const found = outer && measuredResponse(outer);
  return found && !isNothing(found.usage) ? found : undefined;
}

/** The same of an object that is no stream, also where nothing was counted. */
export function measuredResponse(outer: Fields): MeasuredResponse | undefined {
  const direct = readingOf(outer);
  if (direct) return checked(direct);
  const inside = new Set<Fields>();
  const names = [...new Set([...Object.keys(outer), ...WRAPPINGS.filter((name) => name in outer)])];
  if (names.length > MAX_PROPERTIES) return undefined;
  for (const name of names) {
    const field = fieldsOf(outer[name]);
    if (field && !isStreamResult(field)) inside.add(field);
  }
  const found = [...inside].map(readingOf).filter((reading) => reading !== undefined);
  // Two responses in one result may be of two models.
  const [only] = found;
  return only && found.length === 1 ? checked(only) : undefined;
}

/** The usage of a response as the first reader that knows its shape reads it; still to be checked. */
export function readingOf(response: Fields): Reading | undefined {
  for (const reader of READERS) {
    const reading = reader(response);
    if (reading) return reading;
  }
  return undefined;
}

function checked({ usage, model, serviceTier }: Reading): MeasuredResponse | undefined {
  if (!isUsage(usage)) return undefined;
  return {
    usage,
    ...(typeof model === "string" && model !== "" ? { model } : {}),
    ...(typeof serviceTier === "string" && serviceTier !== "" ? { serviceTier } : {}),
  };
}

/** Whether a usage counts nothing at all: who says so does not count. */
export function isNothing(usage: Usage): boolean {
  const { inputTokens, outputTokens, fees = [], others = [], reportedPicoUsd = 0 } = usage;
  return inputTokens + outputTokens + fees.length + others.length + reportedPicoUsd === 0;
}
