/** Hosts that speak OpenAI's protocol under prices of their own, by the end of their name. */
const PROVIDERS: readonly (readonly [hostEnd: string, provider: string])[] = [
  ["api.openai.com", "openai"],
  [".openai.azure.com", "azure"],
  [".cognitiveservices.azure.com", "azure"],
  [".services.ai.azure.com", "azure"],
  ["openrouter.ai", "openrouter"],
  ["api.groq.com", "groq"],
  ["api.deepseek.com", "deepseek"],
  ["api.x.ai", "x-ai"],
  ["api.mistral.ai", "mistral"],
  ["api.together.xyz", "together"],
  ["api.together.ai", "together"],
  ["api.fireworks.ai", "fireworks"],
  ["api.cerebras.ai", "cerebras"],
  ["api.perplexity.ai", "perplexity"],
  ["api.moonshot.ai", "moonshotai"],
  ["api.moonshot.cn", "moonshotai"],
  ["api.cohere.com", "cohere"],
  ["api.cohere.ai", "cohere"],
  ["api.voyageai.com", "voyageai"],
  ["api.novita.ai", "novita"],
  ["api.minimax.io", "minimax"],
  ["generativelanguage.googleapis.com", "google"],
  ["aiplatform.googleapis.com", "google-vertex"],
  ["-aiplatform.googleapis.com", "google-vertex"],
  [".rep.googleapis.com", "google-vertex"],
  ["ai-gateway.vercel.sh", "vercel"],
  ["router.huggingface.co", "huggingface"],
];

/** The provider behind a URL; "openai" for hosts that are not known, such as a proxy or a local server. */
export function providerOfUrl(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return (
    PROVIDERS.find(([end]) => host === end || host.endsWith(/^[.-]/.test(end) ? end : `.${end}`))?.[1] ??
    "openai"
  );
}
