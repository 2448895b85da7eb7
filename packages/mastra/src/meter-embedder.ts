import { ModelRouterEmbeddingModel, type OpenAICompatibleConfig } from "@mastra/core/llm";
import type { MastraEmbeddingModel } from "@mastra/core/vector";
import {
  isModel,
  isOfKnownVersion,
  MediaModelCalls,
  ModelGuard,
  noteMetered,
  withMethods,
  type AnyModel,
} from "@wflo/ai-sdk/models";
import { bindWrapper, checkOptions, InvalidOptionError } from "@wflo/core";
import { METER_MODEL_OPTIONS, type MeterModelOptions } from "./options.ts";

/** A model as a memory of Mastra's takes one, whichever version of its interface the provider's package has. */
export type MeteredEmbedder = Extract<MastraEmbeddingModel<string>, { readonly specificationVersion: "v3" }>;

/**
 * The same embedding model with every request behind wflo's door, for `new Memory({ embedder: meterEmbedder("openai/text-embedding-3-small") })`: takes
 * a model of any provider's package, an id of Mastra's model router, or that with an address and a key. Its calls belong to the run around and to the
 * budgets named here; an agent's `wfloProcessor` does not see what a memory asks. Refusals are thrown before anything is sent, and not tried again.
 * Throws `InvalidOptionError` for what is no embedding model.
 */
export function meterEmbedder(
  embedder: AnyModel | OpenAICompatibleConfig | string,
  options: MeterModelOptions = {},
): MeteredEmbedder {
  checkOptions("The options of meterEmbedder", options, METER_MODEL_OPTIONS);
  const model = modelOf(embedder);
  const calls = new MediaModelCalls(new ModelGuard(bindWrapper(options)), options.provider);
  const doEmbed = (asked: object) => calls.embed(model, { ...asked });
  const metered = withMethods(model, (key) => (key === "doEmbed" ? doEmbed : undefined));
  return noteMetered(knownToMemories(metered)) as unknown as MeteredEmbedder;
}

function modelOf(embedder: unknown): AnyModel {
  if (typeof embedder === "string" && embedder !== "") return new ModelRouterEmbeddingModel(embedder);
  if (isModel(embedder) && isOfKnownVersion(embedder) && "doEmbed" in embedder) return embedder;
  if (typeof embedder === "object" && embedder !== null && !isModel(embedder) && isConfig(embedder))
    return new ModelRouterEmbeddingModel(embedder);
  throw new InvalidOptionError(
    'meterEmbedder takes an embedding model of the versions v2 to v4, or an id such as "openai/text-embedding-3-small".',
  );
}

function isConfig(value: object): value is OpenAICompatibleConfig {
  return "id" in value || ("providerId" in value && "modelId" in value);
}

/** Memories of Mastra's take a v4 for a v1, though it is asked and answers as a v3. */
function knownToMemories(model: AnyModel): AnyModel {
  if (model.specificationVersion !== "v4") return model;
  return new Proxy(model, {
    get: (target, key) => (key === "specificationVersion" ? "v3" : (Reflect.get(target, key) as unknown)),
  });
}
