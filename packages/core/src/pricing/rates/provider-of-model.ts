/** Models that only their maker serves under these names. Open weights have many hosts, each with its price. */
const MAKERS: readonly (readonly [ids: RegExp, provider: string])[] = [
  [
    /^(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d(?:-|$)|text-embedding-3|text-embedding-ada|whisper-1|tts-1|dall-e)/,
    "openai",
  ],
  [/^claude-/, "anthropic"],
  [/^(?:models\/)?gemini-/, "google"],
  [/^grok-/, "x-ai"],
  [/^command-/, "cohere"],
  [/^(?:sonar)(?:-|$)/, "perplexity"],
];

/** The provider of a model that was named without one; undefined where it may be several. */
export function providerOfModel(model: string): string | undefined {
  const id = model.trim().toLowerCase();
  return MAKERS.find(([ids]) => ids.test(id))?.[1];
}
