import { WRAPPER_OPTIONS, type OptionNames, type WrapperOptions } from "@wflo/core";

/** How `wfloOpenAI` accounts for a client's calls. */
export interface WfloOpenAIOptions extends WrapperOptions {
  /**
   * Whose prices apply. Default: told from the client's base URL (OpenAI, Azure, OpenRouter, Groq, DeepSeek, xAI, Mistral,
   * Together, Fireworks, Cerebras), else "openai". Other names of the same provider, such as "azure-openai", mean that provider.
   */
  readonly provider?: string | undefined;
  /**
   * What happens to what is paid and cannot be counted, such as videos, and to what passes by: WebSockets, and the transport of X.509
   * workload identities. True (the default): it is refused, unless, for requests that are seen, `hold` says what to charge for each.
   * False: it is sent, and told as `call-unmetered`.
   */
  readonly strict?: boolean | undefined;
  /**
   * False: streams of chats and completions are not asked for their usage, for a server that refuses `stream_options`. Without usage they
   * are charged at their holds, and refused for a minute unless the client has `onMissingUsage: "allow"`. Default true.
   */
  readonly streamUsage?: boolean | undefined;
}

/** The names of these options. */
export const WFLO_OPENAI_OPTIONS: OptionNames<WfloOpenAIOptions> = {
  ...WRAPPER_OPTIONS,
  provider: true,
  strict: true,
  streamUsage: true,
};
