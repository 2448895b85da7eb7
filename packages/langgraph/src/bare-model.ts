import { AsyncCaller } from "@langchain/core/utils/async_caller";
import { isChatModel, partsOfModel, type CallOptions, type ChatModelParts } from "./chat-model.ts";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** The names that models give to their output cap. */
const CAP_FIELDS = ["maxTokens", "maxOutputTokens", "maxCompletionTokens", "numPredict"] as const;
/** A cap nobody would set, by which it is seen whether a field comes into the request. */
const PROBE = 7_654_321;

type Fields = Record<string, unknown>;

/**
 * A chat model as it is for one attempt: it shares everything with the model it is made of, but for its retries, which it leaves to
 * who asks it, and its output cap. Models that answer with others inside, as ChatOpenAI does, have those replaced too.
 */
export class BareModel {
  readonly #model: BaseChatModel;
  readonly #once = new AsyncCaller({ maxRetries: 0 });
  #whole: ChatModelParts | undefined;
  #capField: string | undefined;
  #isProbed = false;

  constructor(model: BaseChatModel) {
    this.#model = model;
  }

  /** For an attempt with this output cap, or as the user made it. */
  attempt(maxOutputTokens: number | undefined): ChatModelParts {
    this.#whole ??= partsOfModel(this.#made({}) as BaseChatModel);
    if (maxOutputTokens === undefined || this.#capField === undefined) return this.#whole;
    return partsOfModel(this.#made({ [this.#capField]: maxOutputTokens }) as BaseChatModel);
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
    const probe = this.#made({ [field]: PROBE }) as ChatModelParts;
    try {
      return JSON.stringify(probe.invocationParams?.(options) ?? {}).includes(String(PROBE));
    } catch {
      return false;
    }
  }

  #made(changes: Fields, model: object = this.#model, depth = 0): object {
    const made = Object.create(model) as Fields;
    // Streams tell their usage only to who asks; the guard keeps it from a caller who did not.
    const asksUsage = "streamUsage" in model ? { streamUsage: true } : {};
    Object.assign(made, { caller: this.#once }, asksUsage, changes);
    if (depth > 0) return made;
    for (const [key, part] of Object.entries(model)) {
      if (isChatModel(part)) made[key] = this.#made(changes, part, depth + 1);
    }
    return made;
  }
}
