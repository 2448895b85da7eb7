/** The endpoints of OpenAI's API whose calls are priced here. */
export type PricedApi = "chat" | "responses" | "embeddings";

/** What a request is to wflo: priced, free, or paid in a way that this version cannot count. */
export type Endpoint =
  | { readonly kind: PricedApi }
  | { readonly kind: "free" }
  | { readonly kind: "unpriced"; readonly path: string };

const PRICED: readonly (readonly [RegExp, PricedApi])[] = [
  [/\/chat\/completions$/, "chat"],
  [/\/responses$/, "responses"],
  [/\/embeddings$/, "embeddings"],
];

/** Requests that change something and cost nothing by themselves (OpenAI's price list, checked 2026-11-22). */
const FREE =
  /\/(moderations|files(\/.*)?|uploads(\/.*)?|responses\/input_tokens|responses\/[^/]+\/cancel|conversations(\/.*)?|oauth\/token|chat\/completions\/[^/]+)$/;

/** Tells what kind of request goes to a URL. */
export function endpointOf(method: string, url: string): Endpoint {
  if (method !== "POST") return { kind: "free" };
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  const priced = PRICED.find(([pattern]) => pattern.test(path));
  if (priced) return { kind: priced[1] };
  return FREE.test(path) ? { kind: "free" } : { kind: "unpriced", path };
}
