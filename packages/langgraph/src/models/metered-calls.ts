import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** Models whose calls go through the door by themselves. */
const metered = new WeakSet<object>();
/** Under this key the metadata of a metered model's calls say so, that nobody counts them again. */
export const METERED = "wflo_metered";

/** Notes that a model is metered. */
export function noteMetered(model: BaseChatModel): void {
  metered.add(model);
}

/** Whether a model is metered. */
export function isMetered(model: object): boolean {
  return metered.has(model);
}
