import { withMethods } from "@wflo/ai-sdk/models";

/** Models whose every call goes through the door. */
const metered = new WeakSet<object>();
/** Mastra's own object around a model hides it, but keeps this property of it. */
const theirUrls = new WeakSet<object>();

/** Remembers a metered model. */
export function noteMetered(model: object): void {
  metered.add(model);
}

/** What stands for a model's `supportedUrls`, a list or a promise of one, by which it is known as metered inside of Mastra's own object. */
export function meteredUrls(urls: object): object {
  const known = withMethods(urls, () => undefined);
  theirUrls.add(known);
  return known;
}

/** Whether a model, or the one that Mastra has put an object of its own around, is metered. */
export function isMetered(model: unknown): boolean {
  if ((typeof model !== "object" && typeof model !== "function") || model === null) return false;
  const { supportedUrls: urls } = model as { readonly supportedUrls?: unknown };
  return metered.has(model) || (typeof urls === "object" && urls !== null && theirUrls.has(urls));
}
