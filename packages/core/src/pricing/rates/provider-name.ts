const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  anthropic: ["claude"],
  aws: [
    "amazon",
    "amazon-bedrock",
    "aws-bedrock",
    "aws.bedrock",
    "bedrock",
    "bedrock.anthropic",
    "bedrock_converse",
    "amazon_bedrock",
  ],
  azure: [
    "azure-openai",
    "azure_openai",
    "az.ai.openai",
    "azure.ai.openai",
    "azure.ai.inference",
    "azure_ai",
    "azure-ai",
  ],
  fireworks: ["fireworks-ai", "fireworks_ai", "fireworksai"],
  "github-copilot": ["copilot", "github_copilot"],
  cohere: ["cohere_chat"],
  google: [
    "gcp.gemini",
    "gcp.gen_ai",
    "gemini",
    "google-genai",
    "google_genai",
    "google-gla",
    "google.generative-ai",
  ],
  "google-vertex": [
    "gcp.vertex_ai",
    "google.vertex",
    "google-vertex-anthropic",
    "google_vertexai",
    "googlevertex.anthropic",
    "vertex",
    "vertex-ai",
    "vertex.anthropic",
    "vertex_ai",
    "vertexai",
  ],
  mistral: ["mistral-ai", "mistral_ai", "mistralai"],
  moonshotai: ["moonshot", "moonshot-ai"],
  openai: ["open-ai", "open_ai"],
  together: ["together-ai", "together_ai", "togetherai"],
  vercel: ["ai-gateway", "gateway", "vercel-ai-gateway", "vercel-gateway", "vercel_ai_gateway"],
  voyageai: ["voyage"],
  "x-ai": ["grok", "spacexai", "x_ai", "xai"],
  zai: ["z-ai", "z.ai"],
};

const CANONICAL: ReadonlyMap<string, string> = new Map(
  Object.entries(OTHER_NAMES).flatMap(([name, others]) => others.map((other) => [other, name] as const)),
);

/** What the AI SDK puts behind a provider's name: `openai.responses`, `anthropic.messages`. */
const API_SUFFIX =
  /\.(?:chat|completion|embedding|image|messages|responses|speech|text-embedding|transcription)$/;

/**
 * The one name wflo has for a provider: `xai` and `xai.chat` are `x-ai`. A name it does not know is returned
 * in lower case; it is never guessed from a part of it, since `my-openai-proxy` need not charge what OpenAI
 * does.
 */
export function providerName(provider: string): string {
  const name = provider.trim().toLowerCase();
  const bare = name.replace(API_SUFFIX, "");
  return CANONICAL.get(name) ?? CANONICAL.get(bare) ?? bare;
}
