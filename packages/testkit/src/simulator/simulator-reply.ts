/** What the simulated provider does with one request. All fields are optional: `{}` answers with an empty text. */
export interface SimulatorReply {
  /** The text of the answer, or of the audio. Without it, `outputTokens` words are made up. */
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: unknown }[];
  /** Output tokens, reasoning included, before the request's cap cuts them. Default: counted from the answer. */
  readonly outputTokens?: number;
  /** Input tokens, cached ones included. Default: counted from the request. */
  readonly inputTokens?: number;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  /** Input tokens that are of images; part of `inputTokens`. */
  readonly imageTokens?: number;
  /** Input tokens that are of audio; part of `inputTokens`. Default: all of a transcription's. */
  readonly audioTokens?: number;
  /** How long the audio is that was sent. Default: a second for each 16 kB of the file. */
  readonly seconds?: number;
  /** The tier that served the call. Default: the tier asked for, or "default". */
  readonly serviceTier?: string;
  /** The model that served the call. Default: the model asked for. */
  readonly model?: string;
  /** Overrides how the answer ended. */
  readonly finishReason?: "stop" | "length" | "tool_calls" | "content_filter";
  /** Sends this text, as JSON that it need not be, instead of an answer in one piece; the answer is billed all the same. */
  readonly garbled?: string;
  /** Leaves the usage out of the answer; the journal still has it. */
  readonly omitUsage?: boolean;
  /** Tells the usage of a streamed chat or response twice: once as it is, and once with half of its output tokens. */
  readonly usageTwice?: "smaller first" | "larger first";
  /** The answer goes on past the request's cap on output tokens, and is billed. */
  readonly ignoreCap?: boolean;
  /** An HTTP error of this status instead of an answer; nothing is billed. */
  readonly status?: number;
  readonly errorCode?: string;
  readonly retryAfterMs?: number;
  /** Waits before the first byte, an error's too; how long a batch or an answer in the background takes. */
  readonly latencyMs?: number;
  /** Paces the answer, reasoning included. Default: as fast as the socket takes it. */
  readonly tokensPerSecond?: number;
  /** Destroys the socket after this many content chunks of a stream; a plain answer is cut before its first byte. */
  readonly cutAfterChunks?: number;
  /** Sends an error event under HTTP 200 after this many content chunks; a plain answer becomes an HTTP 500. */
  readonly errorAfterChunks?: number;
  /** Takes the request and never says a byte. Billed in full, as a provider that went on working would. */
  readonly neverAnswer?: boolean;
}
