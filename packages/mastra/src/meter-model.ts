import type { ModelWithRetries } from "@mastra/core/agent";
import {
  ModelRouterLanguageModel,
  type MastraModelConfig,
  type OpenAICompatibleConfig,
} from "@mastra/core/llm";
import type { Mastra } from "@mastra/core/mastra";
import type { RequestContext } from "@mastra/core/request-context";
import type { AnyModel } from "@wflo/ai-sdk/models";
import { bindWrapper, checkOptions, InvalidOptionError } from "@wflo/core";
import { MastraModels } from "./guard.ts";
import { noteMetered } from "./models/metered-marks.ts";
import { METER_MODEL_OPTIONS, type MeterModelOptions } from "./options.ts";

/** A model as every option of Mastra's takes one, whichever version of its interface the provider's package has. */
export type MeteredModel = Extract<MastraModelConfig, { readonly specificationVersion: "v4" }>;

/** A model of any provider's package, an id for Mastra's model router, or that with an address and a key. */
export type AnyMastraModel = AnyModel | OpenAICompatibleConfig | string;

/** A model with others to fall back on, which may be of other versions than Mastra's types know. */
export type AnyModelWithRetries = Omit<ModelWithRetries, "model"> & {
  readonly model: AnyMastraModel | ((given: Given) => AnyMastraModel | Promise<AnyMastraModel>);
};

interface Given {
  readonly requestContext: RequestContext;
  readonly mastra?: Mastra;
}

type Chosen = AnyMastraModel | readonly AnyModelWithRetries[];

/**
 * The same model with every request behind wflo's door: priced, held and settled, each retry as a call of its own. Takes what `new Agent({ model })`
 * takes (a model, an id of the model router, a list of fallbacks, a function of the request), and the answer fits wherever Mastra takes a
 * model. Refusals (`BudgetExceededError` and others, see `wflo.guardCall`) are thrown before anything is sent, and not tried again. Throws
 * `InvalidOptionError` for what is no model.
 */
export function meterModel(model: AnyMastraModel, options?: MeterModelOptions): MeteredModel;
export function meterModel(
  models: readonly AnyModelWithRetries[],
  options?: MeterModelOptions,
): ModelWithRetries[];
export function meterModel(
  choose: (given: Given) => AnyMastraModel | Promise<AnyMastraModel>,
  options?: MeterModelOptions,
): (given: Given) => Promise<MeteredModel>;
export function meterModel(
  choose: (given: Given) => readonly AnyModelWithRetries[] | Promise<readonly AnyModelWithRetries[]>,
  options?: MeterModelOptions,
): (given: Given) => Promise<ModelWithRetries[]>;
export function meterModel(target: unknown, options: MeterModelOptions = {}): unknown {
  checkOptions("The options of meterModel", options, METER_MODEL_OPTIONS);
  return metered(target as Chosen, new MastraModels(bindWrapper(options), options.provider));
}

function metered(target: Chosen | ((given: Given) => unknown), models: MastraModels): unknown {
  if (Array.isArray(target)) {
    const list = target as readonly AnyModelWithRetries[];
    return list.map((entry) => ({ ...entry, model: metered(entry.model, models) }));
  }
  if (typeof target === "function" && !("specificationVersion" in target)) {
    const choose = async (given: Given) => metered((await target(given)) as Chosen, models);
    noteMetered(choose);
    return choose;
  }
  return models.metered(modelOf(target));
}

function modelOf(target: unknown): object {
  if (typeof target === "string" && target !== "")
    return new ModelRouterLanguageModel(target as "openai/gpt-4.1");
  if (typeof target !== "object" && typeof target !== "function")
    throw new InvalidOptionError(`meterModel takes a model, not ${typeof target}.`);
  if (target === null) throw new InvalidOptionError("meterModel takes a model, not null.");
  const isConfig = "id" in target || ("providerId" in target && "modelId" in target);
  return isConfig && !("specificationVersion" in target)
    ? new ModelRouterLanguageModel(target as { id: "openai/gpt-4.1" })
    : target;
}
