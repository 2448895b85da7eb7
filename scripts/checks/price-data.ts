import { waitForUpdate, type ModelInfo, type Provider } from "@pydantic/genai-prices";

/** The file in core that carries the price list, made from the installed `@pydantic/genai-prices`. */
export async function priceData(about: { readonly version: string; readonly date: string }): Promise<string> {
  const providers = (await waitForUpdate()) ?? [];
  const text = JSON.stringify(providers.map((provider) => providerOf(provider)));
  return [
    "/*! Prices of @pydantic/genai-prices. MIT License, Copyright (c) Pydantic Services Inc. 2025 to present. */",
    "",
    "/** The price list that core carries: written by `npm run prices`, not by hand. It is read when it is first needed. */",
    "export const PRICE_DATA = {",
    `  name: "genai-prices@${about.version}",`,
    `  date: "${about.date}",`,
    `  text: ${asTemplate(text)},`,
    "};",
    "",
  ].join("\n");
}

/** What is needed to find a model and its price. */
function providerOf({ id, models, fallback_model_providers: fallbacks }: Provider): object {
  return { id, ...(fallbacks ? { fallback_model_providers: fallbacks } : {}), models: models.map(modelOf) };
}

function modelOf({ id, match, prices, context_window: window }: ModelInfo): object {
  return { id, match, prices, ...(window === undefined ? {} : { context_window: window }) };
}

function asTemplate(text: string): string {
  return `\`${text.replace(/[\\`]|\$\{/g, (special) => `\\${special}`)}\``;
}
