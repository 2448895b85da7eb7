import {
  feesOf,
  fieldsOf,
  listOf,
  makesMedia,
  sumOf,
  usageFrom,
  wholeOutput,
} from "./usage-of-response-fields.ts";
import type { Fields, Reading } from "./usage-of-response-fields.ts";

/** Gemini's `generateContent`: `usageMetadata`. Thoughts stand outside the candidates, what tools put in outside the prompt. */
export function readGemini(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usageMetadata"]);
  if (!usage || !("promptTokenCount" in usage)) return undefined;
  const byTools = usage["toolUsePromptTokenCount"];
  const input = sumOf(usage["promptTokenCount"], isSearchOnly(response) ? 0 : byTools);
  const total = usage["totalTokenCount"];
  const said = sumOf(usage["candidatesTokenCount"], usage["thoughtsTokenCount"]);
  const billed = typeof total === "number" && isSearchOnly(response) ? total - sumOf(byTools) : total;
  return {
    usage: usageFrom({
      input,
      ...inputParts(usage["promptTokensDetails"] ?? usage["promptTokenDetails"], usage["cacheTokensDetails"]),
      cached: usage["cachedContentTokenCount"],
      output: wholeOutput(input, said, billed),
      reasoning: usage["thoughtsTokenCount"],
      outputAudio: modality(usage["candidatesTokensDetails"], "AUDIO"),
      // An entry may lack its count.
      outputImage: isWhole(usage["candidatesTokensDetails"])
        ? modality(usage["candidatesTokensDetails"], "IMAGE")
        : undefined,
      isMedia: makesMedia(response["modelVersion"]) && isWhole(usage["candidatesTokensDetails"]),
      outputVideo: modality(usage["candidatesTokensDetails"], "VIDEO"),
      fees: feesOf(groundings(response)),
    }),
    model: response["modelVersion"],
    serviceTier: usage["serviceTier"] ?? tierOf(usage["trafficType"]),
  };
}

/** Vertex tells under which terms it served a request. */
function tierOf(traffic: unknown): unknown {
  return typeof traffic === "string" ? traffic.toLowerCase() : undefined;
}

/** Kinds of input that may have prices of their own, without what came from a cache. */
function inputParts(prompt: unknown, cache: unknown) {
  const cachedAudio = modality(cache, "AUDIO");
  const rest = (name: string) => Math.max(0, modality(prompt, name) - modality(cache, name));
  return {
    cachedAudio,
    inputAudio: rest("AUDIO"),
    inputImage: rest("IMAGE"),
    inputVideo: rest("VIDEO"),
  };
}

/** Whether kinds of tokens are told, each with its count. */
function isWhole(details: unknown): boolean {
  const kinds = listOf(details);
  return kinds.length > 0 && kinds.every((kind) => typeof kind["tokenCount"] === "number");
}

function modality(details: unknown, name: string): number {
  const counts = listOf(details).filter((detail) => detail["modality"] === name);
  return sumOf(...counts.map((detail) => detail["tokenCount"]));
}

/** What a search puts into the prompt is in its fee; what an URL or code puts there is paid by the token. */
function isSearchOnly(response: Fields): boolean {
  const candidates = listOf(response["candidates"]);
  const { google_search: searches } = groundings(response);
  if (searches === 0) return false;
  return !candidates.some(
    (candidate) =>
      candidate["urlContextMetadata"] != null ||
      listOf(fieldsOf(candidate["content"])?.["parts"]).some((part) => part["executableCode"] != null),
  );
}

/** Fees that the grounding of an answer tells: searches of the web by their queries, and answers that rest on a map. */
export function groundings(response: Fields): {
  readonly google_search: number;
  readonly google_maps: number;
} {
  const queries = new Set<unknown>();
  let pages = 0;
  let maps = 0;
  for (const candidate of listOf(response["candidates"])) {
    const grounding = fieldsOf(candidate["groundingMetadata"]);
    for (const name of ["webSearchQueries", "imageSearchQueries"]) {
      const asked: unknown = grounding?.[name];
      if (Array.isArray(asked)) for (const query of asked) if (query !== "") queries.add(query);
    }
    for (const chunk of listOf(grounding?.["groundingChunks"])) {
      if (chunk["web"] != null) pages += 1;
      if (chunk["maps"] != null) maps = 1;
    }
  }
  // Pages were found, so that there was a search, also where it does not tell what it asked for.
  return { google_search: queries.size || (pages > 0 ? 1 : 0), google_maps: maps };
}

/** Calls of tools whose finds are paid by the token. */
const READS = new Set(["code_execution_call", "file_search_call", "url_context_call"]);

/** Gemini's Interactions: totals by kind. */
export function readInteraction(response: Fields): Reading | undefined {
  const usage = fieldsOf(response["usage"]);
  if (!usage || !("total_input_tokens" in usage)) return undefined;
  const byTools = sumOf(usage["total_tool_use_tokens"]);
  const steps = [...listOf(response["outputs"]), ...listOf(response["steps"])];
  const searches = searchesOf(steps);
  const isSearchOnly = searches > 0 && !steps.some(({ type }) => READS.has(String(type)));
  const input = sumOf(usage["total_input_tokens"], isSearchOnly ? 0 : byTools);
  const thoughts = usage["total_thought_tokens"] ?? usage["total_reasoning_tokens"];
  const said = sumOf(usage["total_output_tokens"], thoughts);
  const total = usage["total_tokens"];
  const billed = typeof total === "number" && isSearchOnly ? total - byTools : total;
  const inputs = usage["input_tokens_by_modality"];
  const cache = usage["cached_tokens_by_modality"];
  const outputs = usage["output_tokens_by_modality"];
  const kind = (details: unknown, name: string) =>
    sumOf(
      ...listOf(details)
        .filter((detail) => String(detail["modality"]).toLowerCase() === name)
        .map((detail) => detail["tokens"] ?? detail["token_count"]),
    );
  const rest = (name: string) => Math.max(0, kind(inputs, name) - kind(cache, name));
  return {
    usage: usageFrom({
      input,
      cached: usage["total_cached_tokens"],
      cachedAudio: kind(cache, "audio"),
      inputAudio: rest("audio"),
      inputImage: rest("image"),
      inputVideo: rest("video"),
      output: wholeOutput(input, said, billed),
      reasoning: thoughts,
      outputAudio: kind(outputs, "audio"),
      outputImage: kind(outputs, "image"),
      outputVideo: kind(outputs, "video"),
      fees: feesOf({
        google_search: searches,
        google_maps: steps.filter(({ type }) => type === "google_maps_call").length,
      }),
    }),
    model: response["model"],
    serviceTier: response["service_tier"],
  };
}

function searchesOf(steps: readonly Fields[]): number {
  let searches = 0;
  for (const { type, arguments: asked, name } of steps) {
    if (type !== "google_search_call" && name !== "google_search") continue;
    const queries = fieldsOf(asked)?.["queries"];
    searches += Array.isArray(queries) ? queries.length : 1;
  }
  return searches;
}
