import { hostedToolWork, providerToolPrompts, type RequestPart } from "@wflo/core";
import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from "@ai-sdk/provider";
import { isFields, type Fields } from "./fields.ts";

/** Tools of providers that only ask the caller to do something; every other one is work of the provider, billed beyond the request. */
const CALLER_TOOLS =
  /\.(?:custom|local_?shell|shell|apply_?patch|tool_?search|computer|bash|text_?editor|memory)(?:_|$)/i;
/** Of these, those that the caller describes. */
const DESCRIBED_BY_CALLER = /\.custom(?:_|$)/i;
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
  fallbacks: "fallbacks, models to fall back on that may be dearer",
  extraBody: "extraBody, fields that nothing here reads",
};

/** What a call asks of the provider beside its text, bounded or not. */
export function askedWork(
  { tools, prompt }: LanguageModelV4CallOptions,
  byProvider: readonly Fields[],
): RequestPart[] {
  const found: string[] = [];
  const all: readonly Fields[] = [...(tools ?? []), ...toolsInPrompt(prompt)];
  const ofProvider = all.filter(({ type }) => type === "provider");
  const hosted = ofProvider.filter(({ id }) => !CALLER_TOOLS.test(String(id))).map(hostedWork);
  const described = ofProvider.filter(({ id }) => !DESCRIBED_BY_CALLER.test(String(id)));
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
  return [
    ...[...new Set(found)].map((what) => ({ kind: "unbounded" as const, what })),
    ...hosted,
    ...opaque,
    ...providerToolPrompts(described.length),
  ];
}

function hostedWork({ id, args }: Fields): RequestPart {
  const { maxUses, allowedCallers } = isFields(args) ? args : {};
  const name = String(id);
  const type = name.startsWith("anthropic.") ? name.slice("anthropic.".length) : "";
  return hostedToolWork({ name, type, maxUses, allowedCallers, option: "maxUses" });
}

/** Tools that Anthropic's models get in the course of a conversation. */
function toolsInPrompt(prompt: LanguageModelV4Prompt): Fields[] {
  const byProvider = prompt.flatMap(({ providerOptions }) => Object.values(providerOptions ?? {}));
  const changes = byProvider.flatMap(({ toolChanges }) => (Array.isArray(toolChanges) ? toolChanges : []));
  return changes.flatMap((change) => (isFields(change) && isFields(change["tool"]) ? [change["tool"]] : []));
}

function isAsked(value: unknown): boolean {
  return value != null && value !== false && !(Array.isArray(value) && value.length === 0);
}
