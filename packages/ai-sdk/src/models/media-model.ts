import { askEmbedding, type MediaAsking, type MediaOptions } from "../calls/media-calls.ts";
import type { ModelGuard } from "../guard.ts";
import { nameOf, type AnyModel } from "./model-name.ts";

type Answer = Record<string, unknown>;

/** Asks models that answer in one piece through the door. */
export class MediaModelCalls {
  readonly #guard: ModelGuard;
  readonly #provider: string | undefined;

  constructor(guard: ModelGuard, provider: string | undefined) {
    this.#guard = guard;
    this.#provider = provider;
  }

  /** Vectors of texts. */
  embed(model: AnyModel, options: MediaOptions): Promise<object> {
    return this.ask(model, "doEmbed", askEmbedding, options);
  }

  /** What the method `key` of a model gives. */
  ask(model: AnyModel, key: string, asking: MediaAsking, options: MediaOptions): Promise<object> {
    const name = nameOf(model, this.#provider);
    const ask = (given: MediaOptions, bound: Parameters<MediaAsking>[2]) => asking(name, given, bound);
    const method = (model as unknown as Record<string, (sent: MediaOptions) => PromiseLike<object>>)[key];
    return this.#guard.generate<MediaOptions, Answer>({ ask }, options, async (sent) => {
      const result = await method?.call(model, sent);
      return (result ?? {}) as Answer;
    });
  }
}
