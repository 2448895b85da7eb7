import { AsyncCaller } from "@langchain/core/utils/async_caller";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { isChatModel, type CallOptions, type ChatModelParts } from "./chat-model.ts";
import { sendsItself, type WatchedAnswer } from "./watched-answer.ts";
import type { OnceCaller } from "./own-retries.ts";

/** The names that models give to their output cap. */
const CAP_FIELDS = ["maxTokens", "maxOutputTokens", "maxCompletionTokens", "numPredict"] as const;
/** A cap nobody would set, by which it is seen whether a field comes into the request. */
const PROBE = 7_654_321;

/** The names under which models keep others that answer for them. */
const INNER_MODELS = ["completions", "responses", "llm", "model", "boundModel", "baseModel"];

type Fields = Record<string, unknown>;

/**
 * A chat model as it is for one attempt: it shares everything with the model it is made of, but for its retries, which it leaves to
 * who asks it, and its output cap. Models that answer with others inside, as ChatOpenAI does, have those replaced too.
 */
export class BareModel {
  readonly #model: BaseChatModel;
  readonly #once = new AsyncCaller({ maxRetries: 0 });
  /** Shared by all attempts, so that they share its client. */
  #shared: object | undefined;
  #capField: string | undefined;
  #isProbed = false;

  constructor(model: BaseChatModel) {
    this.#model = model;
  }

  /** For one attempt, with an output cap or as the user made it; `native` sees what the provider answers, `caller` asks it. */
  attempt(
    maxOutputTokens: number | undefined,
    { native, caller }: { readonly native: WatchedAnswer; readonly caller: OnceCaller },
  ): ChatModelParts {
    // Streams tell their usage only to who asks; the guard keeps it from a caller who did not.
    const asksUsage = "streamUsage" in this.#model ? { streamUsage: true } : {};
    // Mistral's make a caller of their own of the number.
    this.#shared ??= made(this.#model, (part) => ({
      caller: this.#once,
      ...("maxRetries" in part ? { maxRetries: 0 } : {}),
      ...asksUsage,
    }));
    const isCapped = maxOutputTokens !== undefined && this.#capField !== undefined;
    const cap = isCapped ? { [this.#capField ?? ""]: maxOutputTokens } : {};
    return made(this.#shared, (part) => ({
      caller,
      ...cap,
      ...native.watching(part, caller),
    })) as ChatModelParts;
  }

  /** Whether its requests are its own, or those of models that it has inside. */
  get sendsItself(): boolean {
    return [this.#model, ...innerModels(this.#model).map(([, part]) => part)].some(sendsItself);
  }

  /** Whether an output cap can be written into its requests. */
  canCap(options: CallOptions): boolean {
    if (!this.#isProbed) {
      this.#isProbed = true;
      this.#capField = CAP_FIELDS.find((field) => field in this.#model && this.#reaches(field, options));
    }
    return this.#capField !== undefined;
  }

  #reaches(field: string, options: CallOptions): boolean {
    const probe = made(this.#model, () => ({ [field]: PROBE })) as ChatModelParts;
    try {
      return JSON.stringify(probe.invocationParams?.(options) ?? {}).includes(String(PROBE));
    } catch {
      return false;
    }
  }
}

/** A model that shares everything with another but for these fields, and so do the models it answers with. */
function made(model: object, fieldsOf: (part: object) => Fields): object {
  const copy = Object.assign(Object.create(model) as Fields, fieldsOf(model));
  for (const [name, part] of innerModels(model))
    copy[name] = Object.assign(Object.create(part) as Fields, fieldsOf(part));
  return copy;
}

function innerModels(model: object): [string, BaseChatModel][] {
  return INNER_MODELS.flatMap((name) => {
    const part = (model as Fields)[name];
    return isChatModel(part) ? [[name, part]] : [];
  });
}
