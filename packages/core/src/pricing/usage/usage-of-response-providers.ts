import { usageOfAnthropic } from "./usage-of-response-anthropic.ts";
import { feesOf, fieldsOf, listOf, sumOf, usageFrom, wholeOutput } from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { usageOfOpenAIChat, usageOfOpenAIResponse } from "./usage-of-openai.ts";

/** Gemini: `usageMetadata`. Thoughts stand outside the candidates, what tools put in outside the prompt. */
export function readGemini(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usageMetadata"]);
  if (!usage || !("promptTokenCount" in usage)) return undefined;
  const input = sumOf(usage["promptTokenCount"], usage["toolUsePromptTokenCount"]);
  const said = sumOf(usage["candidatesTokenCount"], usage["thoughtsTokenCount"]);
  const cachedAudio = modality(usage["cacheTokensDetails"], "AUDIO");
  const audio = sumOf(modality(usage["promptTokensDetails"], "AUDIO"));
  return {
    usage: usageFrom({
      input,
      cached: usage["cachedContentTokenCount"],
      inputAudio: audio - cachedAudio,
      output: wholeOutput(input, said, usage["totalTokenCount"]),
      reasoning: usage["thoughtsTokenCount"],
      outputAudio: modality(usage["candidatesTokensDetails"], "AUDIO"),
      outputImage: modality(usage["candidatesTokensDetails"], "IMAGE"),
      fees: feesOf({
        cachedInputAudio: cachedAudio,
        google_search: searches(response),
      }),
    }),
    model: response["modelVersion"],
    serviceTier: usage["serviceTier"] ?? usage["trafficType"],
  };
}

function modality(details: unknown, name: string): number {
  const counts = listOf(details).filter((detail) => detail["modality"] === name);
  return sumOf(...counts.map((detail) => detail["tokenCount"]));
}

function searches(response: Fields): number {
  const queries = listOf(response["candidates"]).map(
    (candidate) => fieldsOf(candidate["groundingMetadata"])?.["webSearchQueries"],
  );
  return sumOf(...queries.map((list) => (Array.isArray(list) ? list.length : 0)));
}

/** Cohere: what it bills, which is not what it counts. Both spellings, v1 (`meta`) and v2 (`usage`). */
export function readCohere(response: Fields): Reading | undefined {
  const holder = fieldsOf(response["usage"]) ?? fieldsOf(response["meta"]);
  const units = fieldsOf(holder?.["billed_units"]) ?? fieldsOf(holder?.["billedUnits"]);
  if (!units) return undefined;
  return {
    usage: usageFrom({
      input: sumOf(units["input_tokens"] ?? units["inputTokens"]),
      output: sumOf(units["output_tokens"] ?? units["outputTokens"]),
      fees: feesOf({
        search_units: units["search_units"] ?? units["searchUnits"],
        classifications: units["classifications"],
        images: units["images"],
      }),
    }),
    model: response["model"],
  };
}

/** Ollama: `prompt_eval_count` and `eval_count`, both needed. */
export function readOllama(response: Fields): Reading | undefined {
  if (!("eval_count" in response)) return undefined;
  const usage = usageFrom({ input: response["prompt_eval_count"], output: response["eval_count"] });
  return { usage, model: response["model"] };
}

/** Anthropic's Messages: told by a type, a stop reason, or counts of its cache. */
export function readAnthropic(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("input_tokens" in usage)) return undefined;
  const isMessage =
    response["type"] === "message" ||
    "stop_reason" in response ||
    "cache_creation_input_tokens" in usage ||
    "cache_read_input_tokens" in usage;
  if (!isMessage) return undefined;
  // Claude's agent SDK reports several models together; their prices differ.
  const models = Object.keys(fieldsOf(response["modelUsage"]) ?? {});
  return {
    usage: models.length > 1 ? undefined : usageOfAnthropic(usage, response["model"]),
    model: response["model"] ?? models[0],
    serviceTier: usage["service_tier"],
  };
}

/** OpenAI's Chat Completions and embeddings, and the many that speak like it. */
export function readChat(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("prompt_tokens" in usage)) return undefined;
  const counts = sumOf(usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]);
  return {
    usage: Number.isNaN(counts) ? undefined : usageOfOpenAIChat(response),
    model: response["model"],
    serviceTier: response["service_tier"],
  };
}

/** OpenAI's Responses, images and transcriptions. */
export function readResponses(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("input_tokens" in usage || usage["type"] === "duration")) return undefined;
  const counts = sumOf(usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]);
  return {
    usage: Number.isNaN(counts) ? undefined : usageOfOpenAIResponse(response),
    model: response["model"],
    serviceTier: response["service_tier"],
  };
}

/** Bedrock's Converse: tokens of the cache stand outside the input. It does not name its model. */
export function readBedrock(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("inputTokens" in usage)) return undefined;
  if (!("stopReason" in response) && !("cacheReadInputTokens" in usage)) return undefined;
  const cached = usage["cacheReadInputTokens"];
  const written = usage["cacheWriteInputTokens"];
  const hourly = listOf(usage["cacheDetails"]).filter(({ ttl }) => ttl === "1h");
  return {
    usage: usageFrom({
      input: sumOf(usage["inputTokens"], cached, written),
      cached,
      written,
      output: usage["outputTokens"],
      fees: feesOf({
        ...fieldsOf(usage["serverToolUsage"]),
        cacheWrite1h: sumOf(...hourly.map(({ inputTokens }) => inputTokens)),
      }),
    }),
    serviceTier: fieldsOf(response["serviceTier"])?.["type"],
  };
}
