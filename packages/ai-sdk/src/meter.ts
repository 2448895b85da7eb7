import { bindWrapper, checkOptions, InvalidOptionError } from "@wflo/core";
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import type { LanguageModel } from "ai";
import { ModelGuard } from "./guard.ts";
import { isModel } from "./models/any-model.ts";
import { globalModel } from "./models/global-model.ts";
import { MeteredModels } from "./models/metered-model.ts";
import { meteredProvider } from "./models/metered-provider.ts";
import { METER_OPTIONS, type MeterOptions } from "./options.ts";

/**
 * The same model of the AI SDK with every request behind wflo's door: priced, held and settled, each retry as a call of its own. Of a
 * provider, every model that it makes, whatever its kind: language, embedding, image, speech, transcription, reranking, video. A text is
 * the id of a model of the global provider.
 *
 * Language models of the specifications v2 and v3 become ones of v4. Refusals (`BudgetExceededError` and others, see `wflo.guardCall`) are
 * thrown before anything is sent, and not tried again. Throws `InvalidOptionError` for what is neither a model nor a provider.
 */
export function meter(
  model: string | LanguageModelV2 | LanguageModelV3,
  options?: MeterOptions,
): LanguageModelV4;
export function meter<Target extends object>(target: Target, options?: MeterOptions): Target;
export function meter(model: LanguageModel, options?: MeterOptions): LanguageModelV4;
export function meter(target: unknown, options: MeterOptions = {}): unknown {
  checkOptions("The options of meter", options, METER_OPTIONS);
  const models = new MeteredModels(new ModelGuard(bindWrapper(options)), options);
  if (typeof target === "string" && target !== "") return models.model(globalModel(target));
  if (isModel(target)) return models.model(target);
  if (isProvider(target)) return meteredProvider(target, (model) => models.model(model));
  throw new InvalidOptionError(
    'meter takes a model or a provider of the AI SDK, such as openai("gpt-4.1") or openai.',
  );
}

/** Providers are objects or functions that make models; they have no provider of their own. */
function isProvider(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const { languageModel, embeddingModel, textEmbeddingModel, imageModel } = value as Record<string, unknown>;
  return [languageModel, embeddingModel, textEmbeddingModel, imageModel].some(
    (make) => typeof make === "function",
  );
}
