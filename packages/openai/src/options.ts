import type { WrapperOptions } from "@wflo/core";

/** How `wfloOpenAI` accounts for a client's calls. */
export interface WfloOpenAIOptions extends WrapperOptions {
  /**
   * Whose prices apply. Default: told from the client's base URL (OpenAI, Azure, OpenRouter, Groq, DeepSeek, xAI, Mistral,
   * Together, Fireworks, Cerebras), else "openai".
   */
  readonly provider?: string | undefined;
}
