import type { Outcome } from "@wflo/core";

/** Under which one layer of wflo tells the next that it has reserved the call. Kept on options, which what stands between copies. */
const LAYER: unique symbol = Symbol.for("wflo.ai-sdk.layer");

/** The call that a layer has reserved. */
interface Reserved {
  readonly model: string;
  readonly prompt: unknown;
}

interface Layered {
  readonly [LAYER]?: Reserved;
  readonly prompt?: unknown;
}

/** The same options, marked as those of a call of a model that a layer of wflo has reserved. */
export function inLayer<Options extends object>(options: Options, model: string): Options {
  const { prompt } = options as Layered;
  return { ...options, [LAYER]: { model, prompt } satisfies Reserved };
}

/** Whether a layer of wflo around has reserved a call, be it this one or one in whose course this one is made. */
export function isWithinLayer(options: object): boolean {
  return (options as Layered)[LAYER] !== undefined;
}

/**
 * Whether the call that a layer around has reserved is this one. What stands between may ask another model with its options, or something
 * else of the same: such a call is one of its own.
 */
export function isInLayer(options: object, model: string): boolean {
  const { [LAYER]: reserved, prompt } = options as Layered;
  if (reserved?.model !== model) return false;
  return reserved.prompt === prompt || JSON.stringify(reserved.prompt) === JSON.stringify(prompt);
}

/** By which client an answer was charged, by what is told of that in it. */
const chargedBy = new WeakMap<object, object>();

/** Remembers who charged an answer whose metadata this is. */
export function noteCharged(metadata: object, wflo: object): void {
  chargedBy.set(metadata, wflo);
}

/** What an answer comes to that a layer inside, of the same client, has charged already. */
export function chargedInside(providerMetadata: object | undefined, wflo: object): Outcome | undefined {
  const { wflo: told } = (providerMetadata ?? {}) as { readonly wflo?: unknown };
  const isCharged = typeof told === "object" && told !== null && chargedBy.get(told) === wflo;
  return isCharged ? { kind: "rejected", reason: "charged by the call that answered" } : undefined;
}
