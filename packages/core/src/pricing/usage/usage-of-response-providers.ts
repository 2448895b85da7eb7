import { usageOfAnthropic } from "./usage-of-response-anthropic.ts";
import { feesOf, fieldsOf, listOf, sumOf, usageFrom } from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { chatUsageIn, usageOfOpenAIChat, usageOfOpenAIResponse } from "./usage-of-openai.ts";

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
    "cache_read_input_tokens" in usage ||
    "modelUsage" in response;
  if (!isMessage) return undefined;
  const models = Object.entries(fieldsOf(response["modelUsage"]) ?? {});
  if (models.length > 1) return readAgentResult(models, usage);
  const model = response["model"] ?? models[0]?.[0];
  const advice = listOf(response["content"]).filter(({ type }) => type === "advisor_tool_result").length;
  return { usage: usageOfAnthropic(usage, model, advice), model, serviceTier: usage["service_tier"] };
}

/** Claude's agent SDK reports several models together; their prices differ. */
function readAgentResult(
  models: readonly (readonly [model: string, usage: unknown])[],
  total: Fields,
): Reading {
  // It does not tell which of them wrote to the cache for an hour.
  const forAnHour = fieldsOf(total["cache_creation"])?.["ephemeral_1h_input_tokens"];
  const fees = feesOf({ "lifetime of cache writes": sumOf(forAnHour) > 0 ? 1 : 0 });
  const others = models.map(([model, counts]) => {
    const usage = fieldsOf(counts) ?? {};
    const cached = usage["cacheReadInputTokens"];
    const written = usage["cacheCreationInputTokens"];
    const read = usageFrom({
      input: sumOf(usage["inputTokens"], cached, written),
      cached,
      written,
      output: usage["outputTokens"],
      fees: feesOf({ web_search: usage["webSearchRequests"] }),
    });
    return { model, usage: read };
  });
  const main = { inputTokens: 0, outputTokens: 0, others, ...(fees.length > 0 ? { fees } : {}) };
  return { usage: main, model: models[0]?.[0] };
}

/** OpenAI's Chat Completions and embeddings, and the many that speak like it. */
export function readChat(response: Fields): Reading | undefined {
  const usage = chatUsageIn(response);
  if (!usage || !("prompt_tokens" in usage)) return undefined;
  const counts = sumOf(usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]);
  return {
    usage: Number.isNaN(counts) ? undefined : usageOfOpenAIChat(response),
    model: response["model"],
    serviceTier: response["service_tier"],
  };
}

/** Embeddings and rankings that tell one count, as Voyage's do. */
export function readTotal(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  const isList = ["data", "results"].some((name) => Array.isArray(response[name]));
  if (!usage || !isList || Object.keys(usage).some((name) => name !== "total_tokens")) return undefined;
  return { usage: usageFrom({ input: usage["total_tokens"], output: 0 }), model: response["model"] };
}

/** Mistral's reading of documents, by pages; with annotations they cost more. */
export function readDocument(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage_info"]);
  if (!usage || !("pages_processed" in usage)) return undefined;
  const isAnnotated = response["document_annotation"] != null || usage["pages_processed_annotation"] != null;
  const pages = usage["pages_processed"];
  const fees = feesOf(isAnnotated ? { annotated_page: pages } : { page: pages });
  return { usage: usageFrom({ input: 0, output: 0, fees }), model: response["model"] };
}

/** Vertex's embeddings: the tokens of each text. */
export function readVertexEmbedding(response: Fields): Reading | undefined {
  const counts = listOf(response["predictions"]).flatMap((prediction) => {
    const statistics = fieldsOf(fieldsOf(prediction["embeddings"])?.["statistics"]);
    return statistics && "token_count" in statistics ? [statistics["token_count"]] : [];
  });
  return counts.length === 0 ? undefined : { usage: usageFrom({ input: sumOf(...counts), output: 0 }) };
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
