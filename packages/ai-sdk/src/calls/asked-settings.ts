import { modelThinks, type GuardRequest, type RequestPart } from "@wflo/core";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { ModelName } from "../models/model-name.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Tools of providers that only ask the caller to do something; every other one is work of the provider, billed beyond the request. */
const CALLER_TOOLS =
  /\.(?:custom|local_?shell|shell|apply_?patch|tool_?search|computer|bash|text_?editor|memory)(?:_|$)/i;
/** What providers add to a prompt for a tool of theirs, at most: Anthropic's computer use takes 735 tokens and a system prompt of 499 (its docs, "Tool use pricing", 2026-11). */
const PROVIDER_TOOL_BYTES = 1_536;
/** Options by which a request asks for work beyond one answer of its model, in words that complete "It has …". */
const WORK: Readonly<Record<string, string>> = {
  prediction: "a prediction, whose rejected tokens are billed as output",
  searchParameters: "searchParameters, a search of the web",
  webSearchOptions: "webSearchOptions, a search of the web",
  web_search_options: "web_search_options, a search of the web",
  useSearchGrounding: "useSearchGrounding, a search of the web",
  prompt: "a stored prompt that may bring hosted tools",
  contextManagement: "contextManagement, a summary that the model writes",
  mcpServers: "mcpServers, tools that the provider calls",
  container: "a container that the provider runs code in",
  plugins: "plugins",
  models: "a list of models to fall back on that may be dearer",
  extraBody: "extraBody, fields that nothing here reads",
};
const EFFORTS_OFF = new Set<unknown>(["none", "disabled", false, 0]);

/** What a call asks for beside its prompt. */
export type AskedSettings = Pick<
  GuardRequest,
  "parts" | "follows" | "maxOutputTokens" | "canCap" | "reasoning" | "serviceTier"
>;

/** Reads everything of a call but its prompt. `parts` are its settings as one text, and what nothing in it bounds. */
export function askedSettings(options: LanguageModelV4CallOptions, name: ModelName): AskedSettings {
  const byProvider = Object.values(options.providerOptions ?? {}).filter(isFields);
  const first = (field: string) => byProvider.map((given) => given[field]).find((value) => value != null);
  const budget = thinkingBudget(options, byProvider, name);
  return {
    parts: [settingsPart(options), ...work(options, byProvider)],
    follows: textOf(first("previousResponseId")),
    maxOutputTokens: askedCap(options, first("maxCompletionTokens"), budget),
    // Some providers add what is to be thought to the cap, others want the cap above it.
    canCap: budget === undefined,
    reasoning: asksToThink(options, byProvider) ? true : modelThinks(name.provider, name.model),
    serviceTier: textOf(first("serviceTier")),
  };
}

/** The options with an output cap in every place where one may stand. */
export function withCap(options: LanguageModelV4CallOptions, maxOutputTokens: number | undefined) {
  if (maxOutputTokens === undefined) return options;
  const { openai } = options.providerOptions ?? {};
  const asked = openai?.["maxCompletionTokens"];
  if (typeof asked !== "number") return { ...options, maxOutputTokens };
  const capped = { ...openai, maxCompletionTokens: Math.min(asked, maxOutputTokens) };
  return { ...options, maxOutputTokens, providerOptions: { ...options.providerOptions, openai: capped } };
}

function settingsPart({ tools, responseFormat, providerOptions }: LanguageModelV4CallOptions): RequestPart {
  const hosted = (tools ?? []).filter(({ type }) => type === "provider").length;
  try {
    const text = JSON.stringify({ tools, responseFormat, providerOptions });
    return text + " ".repeat(hosted * PROVIDER_TOOL_BYTES);
  } catch {
    return { kind: "opaque", what: "settings that cannot be written as JSON" };
  }
}

function work({ tools }: LanguageModelV4CallOptions, byProvider: readonly Fields[]): RequestPart[] {
  const found: string[] = [];
  for (const tool of tools ?? [])
    if (tool.type === "provider" && !CALLER_TOOLS.test(tool.id)) found.push(`the hosted tool ${tool.id}`);
  const opaque: RequestPart[] = [];
  for (const given of byProvider) {
    for (const [field, what] of Object.entries(WORK)) if (isAsked(given[field])) found.push(what);
    const { modalities = given["responseModalities"] } = given;
    if (Array.isArray(modalities) && modalities.some((kind) => String(kind).toLowerCase() !== "text"))
      found.push("output other than text");
    // What was said in it before is read again, and stands nowhere in the request.
    if (given["conversation"] != null) opaque.push({ kind: "opaque", what: "the option conversation" });
    if (given["cachedContent"] != null) opaque.push({ kind: "opaque", what: "the option cachedContent" });
  }
  return [...[...new Set(found)].map((what) => ({ kind: "unbounded" as const, what })), ...opaque];
}

/** The larger of the two where a request has two caps; with what is to be thought on top of it. */
function askedCap(
  { maxOutputTokens }: LanguageModelV4CallOptions,
  maxCompletionTokens: unknown,
  budget: number | "unknown" | undefined,
): number | undefined {
  const caps = [maxOutputTokens, maxCompletionTokens].filter((cap) => isCount(cap));
  if (caps.length === 0 || budget === "unknown") return undefined;
  return Math.max(...caps) + (budget ?? 0);
}

/** How long a model of Anthropic's is to think beside its output cap; "unknown" where it makes that out itself. */
function thinkingBudget(
  { reasoning }: LanguageModelV4CallOptions,
  byProvider: readonly Fields[],
  { provider, model }: ModelName,
): number | "unknown" | undefined {
  for (const { thinking, reasoningConfig = thinking } of byProvider) {
    if (!isFields(reasoningConfig) || EFFORTS_OFF.has(reasoningConfig["type"])) continue;
    const tokens = reasoningConfig["budgetTokens"];
    if (isCount(tokens)) return tokens;
    if (reasoningConfig["type"] === "enabled") return "unknown";
  }
  const isAnthropic = /anthropic|claude/.test(`${provider} ${model}`);
  return isAnthropic && isEffort(reasoning) ? "unknown" : undefined;
}

function asksToThink({ reasoning }: LanguageModelV4CallOptions, byProvider: readonly Fields[]): boolean {
  if (isEffort(reasoning)) return true;
  return byProvider.some((given) => {
    const { thinking, reasoningConfig, thinkingConfig, reasoningEffort } = given;
    const configs = [thinking, reasoningConfig, thinkingConfig].filter(isFields);
    const isOn = configs.some((config) => !Object.values(config).some((value) => EFFORTS_OFF.has(value)));
    return isOn || (reasoningEffort != null && !EFFORTS_OFF.has(reasoningEffort));
  });
}

function isEffort(reasoning: LanguageModelV4CallOptions["reasoning"]): boolean {
  return reasoning !== undefined && reasoning !== "none" && reasoning !== "provider-default";
}

function isAsked(value: unknown): boolean {
  return value != null && value !== false && !(Array.isArray(value) && value.length === 0);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
