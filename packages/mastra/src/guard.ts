import {
  isModel,
  isOfKnownVersion,
  LanguageModelCalls,
  ModelGuard,
  withMethods,
  type AnyModel,
} from "@wflo/ai-sdk/models";
import { InvalidOptionError, type BoundWrapper } from "@wflo/core";
import { notTriedAgain } from "./errors.ts";
import { isMetered, meteredUrls, noteMetered } from "./models/metered-marks.ts";
import { askForUsage } from "./models/streamed-usage.ts";

/** Mastra's models, those of providers and its own around them, are language models of the AI SDK. */
type LanguageModel = Parameters<LanguageModelCalls["stream"]>[0];
type CallOptions = Parameters<LanguageModelCalls["stream"]>[1];

/** Sends what Mastra asks of a model through the door, each attempt as a call of its own. */
export class MastraModels {
  readonly #calls: LanguageModelCalls;

  constructor(bind: () => Promise<BoundWrapper>, provider: string | undefined) {
    this.#calls = new LanguageModelCalls(new ModelGuard(bind), provider);
  }

  /** The same model, metered, in its own version. Throws `InvalidOptionError` for what is no language model of the versions v2 to v4. */
  metered<Model extends object>(model: Model): Model {
    if (isMetered(model)) return model;
    checkModel(model);
    askForUsage(model);
    const asked = model as unknown as LanguageModel;
    // Mastra's own objects answer with a stream, whatever they are asked by.
    const isMastras = "serializeForSpan" in model;
    const generate = (options: CallOptions): Promise<object> =>
      isMastras ? this.#calls.generateStreamed(asked, options) : this.#calls.generate(asked, options);
    const withCalls = withMethods(model, (key) => {
      if (key === "doGenerate") return (options: CallOptions) => generate(options).catch(notTriedAgain);
      if (key === "doStream")
        return (options: CallOptions) => this.#calls.stream(asked, options).catch(notTriedAgain);
      return undefined;
    });
    const known = withUrls(withCalls);
    noteMetered(known);
    return known;
  }
}

function checkModel(model: object): asserts model is AnyModel {
  if (!isModel(model) || !("doGenerate" in model) || !("doStream" in model))
    throw new InvalidOptionError(
      'meterModel takes a language model, an id such as "openai/gpt-4.1", a list of fallbacks or a function of these.',
    );
  if (isOfKnownVersion(model)) return;
  const { modelId = "a model", provider, specificationVersion } = model;
  throw new InvalidOptionError(
    `meterModel knows language models of the versions v2, v3 and v4; ${modelId} of ${provider} is ${specificationVersion}.`,
  );
}

/** The same model, known as metered also inside of an object of Mastra's. */
function withUrls<Model extends object>(model: Model): Model {
  const { supportedUrls } = model as { readonly supportedUrls?: unknown };
  const urls = meteredUrls(typeof supportedUrls === "object" && supportedUrls !== null ? supportedUrls : {});
  return new Proxy(model, {
    get: (target, key, receiver) =>
      key === "supportedUrls" ? urls : (Reflect.get(target, key, receiver) as unknown),
  });
}
