import { readAiSdk } from "./usage-of-response-ai-sdk.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { fieldsOf } from "./usage-of-response-fields.ts";
import { readLangChain, readOpenAIAgents } from "./usage-of-response-frameworks.ts";
import {
  readAnthropic,
  readBedrock,
  readChat,
  readCohere,
  readGemini,
  readOllama,
  readResponses,
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
  readLangChain,
  readOllama,
  readCohere,
  readAnthropic,
  readChat,
  readResponses,
  readBedrock,
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
  if (!outer) return undefined;
  const direct = read(outer);
  if (direct) return checked(direct);
  const inside = new Set<Fields>();
  const names = [...new Set([...Object.keys(outer), ...WRAPPINGS.filter((name) => name in outer)])];
  if (names.length > MAX_PROPERTIES) return undefined;
  for (const name of names) {
    const field = fieldsOf(outer[name]);
    if (field && !isStreamResult(field)) inside.add(field);
  }
  const found = [...inside].map(read).filter((reading) => reading !== undefined);
  // Two responses in one result may be of two models.
  const [only] = found;
  return only && found.length === 1 ? checked(only) : undefined;
}

function read(response: Fields): Reading | undefined {
  for (const reader of READERS) {
    const reading = reader(response);
    if (reading) return reading;
  }
  return undefined;
}

function checked({ usage, model, serviceTier }: Reading): MeasuredResponse | undefined {
  if (!isUsage(usage)) return undefined;
  const isNothing = usage.inputTokens === 0 && usage.outputTokens === 0 && usage.fees === undefined;
  if (isNothing) return undefined;
  return {
    usage,
    ...(typeof model === "string" && model !== "" ? { model } : {}),
    ...(typeof serviceTier === "string" && serviceTier !== "" ? { serviceTier } : {}),
  };
}
