import type { StreamMeter, Usage } from "@wflo/core";

/** A chat answer, or an event of one, as far as it is read. */
export interface RawAnswer {
  readonly model?: string;
  readonly service_tier?: string;
  readonly choices?: readonly {
    readonly message?: { content?: string };
    readonly delta?: { content?: string };
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details: {
      readonly cached_tokens: number;
      readonly cache_write_tokens: number;
      readonly audio_tokens: number;
    };
    readonly completion_tokens_details: { readonly reasoning_tokens: number };
  } | null;
  readonly error?: { readonly message: string };
}

/** Which of two usages of one answer counts. */
export type PickUsage = (before: Usage, later: Usage) => Usage;

/** The larger one: a provider that tells two has not billed less than either. */
export const largerUsage: PickUsage = (before, later) =>
  before.inputTokens + before.outputTokens > later.inputTokens + later.outputTokens ? before : later;

const encoder = new TextEncoder();

/** Reads the events of a chat stream; the consumer gets the texts in them. */
export function rawMeter(pick: PickUsage): StreamMeter<string> {
  let usage: Usage | undefined;
  let model: string | undefined;
  let serviceTier: string | undefined;
  let state: "begins" | "begun" | "over" | "failed" = "begins";
  let failedAtOnce = false;
  let bytes = 0;
  let pieces = 0;
  return {
    read(event) {
      if (event === "data: [DONE]") state = "over";
      if (!event.startsWith("data: {")) return [];
      const answer = JSON.parse(event.slice(6)) as RawAnswer;
      if (answer.error) {
        failedAtOnce = state === "begins";
        state = "failed";
        throw new Error(answer.error.message);
      }
      state = "begun";
      model = answer.model ?? model;
      serviceTier = answer.service_tier ?? serviceTier;
      const told = usageIn(answer);
      usage = usage && told ? pick(usage, told) : (told ?? usage);
      const text = answer.choices?.[0]?.delta?.content ?? "";
      if (text === "") return [];
      bytes += encoder.encode(text).length;
      pieces += 1;
      return [text];
    },
    output: () => ({ bytes, pieces }),
    // The consumer gets texts, and a text cut short is one like any other.
    truncate: () => [],
    isOver: () => state === "over",
    flush: () => [],
    outcome(complete) {
      if (state === "failed") return { kind: failedAtOnce ? "rejected" : "cut", reason: "an error event" };
      if (state === "over" || (complete && usage !== undefined))
        return { kind: "answered", usage, model, serviceTier };
      return { kind: "cut", reason: "the stream broke off" };
    },
  };
}

/** The usage that an answer tells, if it does. */
export function usageIn({ usage }: RawAnswer): Usage | undefined {
  if (!usage) return undefined;
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  return {
    inputTokens: usage.prompt_tokens,
    cachedInputTokens: input.cached_tokens,
    cacheWriteTokens: input.cache_write_tokens,
    inputAudioTokens: input.audio_tokens,
    outputTokens: usage.completion_tokens,
    reasoningTokens: output.reasoning_tokens,
  };
}
