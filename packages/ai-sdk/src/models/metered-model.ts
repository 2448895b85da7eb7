import { InvalidOptionError } from "@wflo/core";
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { wrapLanguageModel } from "ai";
import {
  askAnything,
  askEmbedding,
  askImages,
  askSpeech,
  askTranscription,
  type MediaAsking,
  type MediaOptions,
} from "../calls/media-calls.ts";
import { UnmeterableCallError } from "../errors.ts";
import type { ModelGuard } from "../guard.ts";
import type { MeterOptions } from "../options.ts";
import { isLanguageModel, isOfKnownVersion } from "./any-model.ts";
import { LanguageModelCalls } from "./language-model.ts";
import { MediaModelCalls } from "./media-model.ts";
import { noteMetered } from "./metered-marks.ts";
import { withMethods } from "./metered-object.ts";
import { nameOf, type AnyModel } from "./model-name.ts";

/** What asks a provider to do something that is not paid for. */
const FREE = /^do(?:Status|Get|List|Cancel|Delete)/;
/** What opens a connection past every method of a model. */
const OPENS_CONNECTION = new Set(["getServerWebSocketConfig"]);

/** Makes models whose every paid method goes through one guard. */
export class MeteredModels {
  readonly #options: MeterOptions;
  readonly #language: LanguageModelCalls;
  readonly #media: MediaModelCalls;

  constructor(guard: ModelGuard, options: MeterOptions) {
    this.#options = options;
    this.#language = new LanguageModelCalls(guard, options.provider);
    this.#media = new MediaModelCalls(guard, options.provider);
  }

  /** The same model, metered; language models of older specifications as ones of the current. Throws `InvalidOptionError` for a version that is not known. */
  model<Model extends AnyModel>(model: Model): Model {
    if (!isOfKnownVersion(model)) {
      const { provider, specificationVersion } = model;
      throw new InvalidOptionError(
        `meter knows models of the specifications v2, v3 and v4 of the AI SDK; ${nameOf(model).model} of ${provider} is ${specificationVersion}.`,
      );
    }
    if (!isLanguageModel(model))
      return noteMetered(withMethods<Model>(model, (key) => this.#methodOf(model, key)));
    const language = wrapLanguageModel({ model: model as unknown as LanguageModelV4, middleware: [] });
    return noteMetered(withMethods<object>(language, (key) => this.#languageMethod(language, key)) as Model);
  }

  #languageMethod(model: LanguageModelV4, key: string) {
    switch (key) {
      case "doGenerate":
        return (options: LanguageModelV4CallOptions) => this.#language.generate(model, options);
      case "doStream":
        return (options: LanguageModelV4CallOptions) => this.#language.stream(model, options);
      default:
        return this.#methodOf(model, key);
    }
  }

  #methodOf(model: AnyModel, key: string): ((options: MediaOptions) => Promise<unknown>) | undefined {
    const asking = (options: MediaOptions) => askingOf(model, key, options);
    if (key === "doEmbed" || key === "doRerank" || key === "doDecide" || key === "doExtract")
      return (options) => this.#media.ask(model, key, asking(options), options);
    if (key === "doGenerate" || key === "doGenerateFromUrl")
      return (options) => this.#media.ask(model, key, asking(options), options);
    if (OPENS_CONNECTION.has(key)) return async () => this.#refuse(model, key);
    if (!/^do[A-Z]/.test(key) || FREE.test(key)) return undefined;
    // Whatever it is, it is charged at what was held for it by hand.
    return async (options) =>
      this.#options.hold === undefined
        ? this.#refuse(model, key)
        : this.#media.ask(model, key, askAnything, options);
  }

  #refuse(model: AnyModel, key: string): never {
    throw new UnmeterableCallError(model.provider, `${key} of ${nameOf(model).model}`);
  }
}

/** Models for speech and for transcription look alike; what they are asked for does not. */
function askingOf(model: AnyModel, key: string, options: MediaOptions): MediaAsking {
  if (key === "doEmbed") return askEmbedding;
  if (key === "doGenerateFromUrl" || "audio" in options) return askTranscription;
  if ("maxImagesPerCall" in model) return askImages;
  return key === "doGenerate" && "text" in options ? askSpeech : askAnything;
}
