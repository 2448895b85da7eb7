import { feesOf, fieldsOf, listOf, sumOf, usageFrom, wholeOutput } from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";
import { tierModifier } from "../rates/modified-rates.ts";
import { groundings, readGemini } from "./usage-of-gemini.ts";
import { isUsage } from "./usage.ts";
import { readAnthropic, readChat, readResponses } from "./usage-of-response-providers.ts";
import { sumOfUsages } from "./usage-of-response-sum.ts";

/**
 * The AI SDK from v4 on, Mastra, which reports alike, and Mistral's SDK, whose counts have the names of v4. Of several steps,
 * their sum; else the total, where there is one beside the usage of the last step.
 */
export function readAiSdk(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["totalUsage"]) ?? fieldsOf(response["usage"]);
  if (!usage || !["inputTokens", "promptTokens", "tokens"].some((name) => name in usage)) return undefined;
  const { providerMetadata, content } = response;
  const model = modelOf(response) ?? response["model"];
  const steps = listOf(response["steps"]).filter((step) => fieldsOf(step["usage"]));
  const last = fieldsOf(response["usage"]);
  // A total of one step is that step.
  const isTotal = steps.length === 0 && usage !== last && usage["inputTokens"] !== last?.["inputTokens"];
  const parts: readonly Fields[] =
    steps.length > 0 ? steps : [{ usage, providerMetadata, content, isTotal, response: { modelId: model } }];
  // Steps of several models have several prices.
  const isOwn = (step: Fields) => (modelOf(step) ?? model) === model;
  const hasTiers = parts.length > 1;
  const main = sumOfUsages(parts.filter(isOwn).map((part) => usageOfStep(part, hasTiers)));
  const others = parts
    .filter((part) => !isOwn(part))
    .map((part) => ({ model: modelOf(part), usage: usageOfStep(part, true) }));
  return {
    usage: main && others.length > 0 ? { ...main, others: [...(main.others ?? []), ...others] } : main,
    model,
    serviceTier: hasTiers ? undefined : tierOf(parts[0] ?? {}),
  };
}

/** The tier that served a step, by the provider's own word or by the metadata of it. */
function tierOf(step: Fields): unknown {
  const metadata = fieldsOf(step["providerMetadata"]);
  const raw = fieldsOf(fieldsOf(step["usage"])?.["raw"]);
  const google = fieldsOf(metadata?.["google"]) ?? fieldsOf(metadata?.["vertex"]);
  return (
    fieldsOf(metadata?.["openai"])?.["serviceTier"] ??
    raw?.["serviceTier"] ??
    raw?.["service_tier"] ??
    fieldsOf(google?.["usageMetadata"])?.["serviceTier"]
  );
}

function modelOf(step: Fields): unknown {
  return fieldsOf(step["response"])?.["modelId"];
}

/** What a step used; its tier is a part of it where steps may differ. */
function usageOfStep(step: Fields, hasTiers: boolean): unknown {
  const tier = hasTiers ? tierOf(step) : undefined;
  const modifier = typeof tier === "string" ? tierModifier(tier) : undefined;
  const counted = countedInStep(step);
  if (!isUsage(counted)) return undefined;
  return {
    ...counted,
    ...(step["isTotal"] === true ? { isUnsplit: true } : {}),
    ...(modifier === undefined ? {} : { modifiers: [...(counted.modifiers ?? []), modifier] }),
  };
}

function countedInStep(step: Fields): unknown {
  const usage = fieldsOf(step["usage"]) ?? {};
  const metadata = fieldsOf(step["providerMetadata"]);
  const input = fieldsOf(usage["inputTokens"]);
  const details = fieldsOf(usage["inputTokenDetails"]);
  const reported = usageOfRaw(
    fieldsOf(usage["raw"]) ?? fieldsOf(fieldsOf(metadata?.["anthropic"])?.["usage"]),
    modelOf(step),
  );
  if (reported) return sumOfUsages([reported.usage, toolsOf(step, metadata)]);
  if (input) return sumOfUsages([nestedUsage(usage, input), toolsOf(step, metadata)]);
  const counted = details ? detailedUsage(usage, details) : flatUsage(usage, metadata);
  return sumOfUsages([counted, toolsOf(step, metadata)]);
}

/** What the provider itself reported tells more: lifetimes of caches, audio, searches. */
function usageOfRaw(raw: Fields | undefined, model: unknown): Reading | undefined {
  if (!raw) return undefined;
  const response = { usage: raw, usageMetadata: raw, model, modelVersion: model };
  const isOpenAI = "input_tokens_details" in raw;
  return (
    readGemini(response) ??
    readAnthropic(response) ??
    readChat(response) ??
    (isOpenAI ? readResponses(response) : undefined)
  );
}

/** Tools that the provider ran, and is paid for beside tokens. Anthropic's are counted in what it reports itself. */
function toolsOf(step: Fields, metadata: Fields | undefined): unknown {
  const none = { inputTokens: 0, outputTokens: 0 };
  if (metadata && "anthropic" in metadata) return none;
  const counts: Record<string, number> = {};
  for (const part of listOf(step["content"])) {
    const { type, toolName, providerExecuted } = part;
    if (type !== "tool-call" || providerExecuted !== true || typeof toolName !== "string") continue;
    counts[toolName] = (counts[toolName] ?? 0) + 1;
  }
  const google = fieldsOf(metadata?.["google"]) ?? fieldsOf(metadata?.["vertex"]);
  return { ...none, fees: feesOf({ ...groundings({ candidates: [google ?? {}] }), ...counts }) };
}

/** What a model reports from v6 on. */
function nestedUsage(usage: Fields, input: Fields): unknown {
  const output = fieldsOf(usage["outputTokens"]) ?? {};
  return usageFrom({
    input: input["total"],
    cached: input["cacheRead"],
    written: input["cacheWrite"],
    output: output["total"],
    reasoning: output["reasoning"],
  });
}

/** What `generateText` reports from v6 on. */
function detailedUsage(usage: Fields, input: Fields): unknown {
  const { inputTokens, outputTokens, totalTokens } = usage;
  return usageFrom({
    input: inputTokens,
    cached: input["cacheReadTokens"],
    written: input["cacheWriteTokens"],
    output: wholeOutput(inputTokens, outputTokens, totalTokens),
    reasoning: fieldsOf(usage["outputTokenDetails"])?.["reasoningTokens"],
  });
}

/** Counts as v4 and v5 of the AI SDK have them, embeddings, Mastra, and LangChain's older ones. A cache that may stand outside the input is unclear. */
export function flatUsage(usage: Fields, metadata?: Fields): unknown {
  const anthropic = fieldsOf(metadata?.["anthropic"]);
  const openai = fieldsOf(metadata?.["openai"]);
  const input = usage["inputTokens"] ?? usage["promptTokens"] ?? usage["tokens"];
  const output = usage["outputTokens"] ?? usage["completionTokens"] ?? ("tokens" in usage ? 0 : undefined);
  const cached = usage["cachedInputTokens"] ?? openai?.["cachedPromptTokens"];
  const written = usage["cacheCreationInputTokens"];
  const isOutside = anthropic !== undefined || fieldsOf(metadata?.["bedrock"]) !== undefined;
  const read = cached ?? anthropic?.["cacheReadInputTokens"];
  const made = written ?? anthropic?.["cacheCreationInputTokens"];
  // In v4 it stands outside for certain.
  if (anthropic && "promptTokens" in usage)
    return usageFrom({ input: sumOf(input, read, made), cached: read, written: made, output });
  if (isOutside) {
    const total = sumOf(usage["totalTokens"] ?? sumOf(input, output));
    if (sumOf(read, made) !== 0 || total !== sumOf(input, output)) return undefined;
  }
  return usageFrom({
    input,
    cached,
    written,
    output: wholeOutput(input, output, usage["totalTokens"]),
    reasoning: usage["reasoningTokens"] ?? openai?.["reasoningTokens"],
  });
}
