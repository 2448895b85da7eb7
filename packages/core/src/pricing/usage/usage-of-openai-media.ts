import { fieldsOf, usageFrom } from "./usage-of-response-fields.ts";
import { isUsage, type Usage } from "./usage.ts";

/** Whether a body is that of OpenAI's images: an answer with `data`, or the last event of its stream. */
export function isOpenAIImage(body: unknown): boolean {
  const { data, type } = fieldsOf(body) ?? {};
  return Array.isArray(data) || (typeof type === "string" && type.startsWith("image_"));
}

/**
 * The usage of images that were made or edited. All output is images where it is not told apart. What the author of an SVG took
 * is a fee without a price, since its model is another. Undefined when there is no valid usage, as for DALL·E.
 */
export function usageOfOpenAIImage(body: unknown): Usage | undefined {
  const answer = fieldsOf(body);
  const usage = fieldsOf(answer?.["usage"]);
  if (!answer || !usage) return undefined;
  const { image_tokens: sent } = fieldsOf(usage["input_tokens_details"]) ?? {};
  const { image_tokens: made, text_tokens: text } = fieldsOf(usage["output_tokens_details"]) ?? {};
  const outputTokens = usage["output_tokens"];
  const { total_tokens: svg } = fieldsOf(answer["svg_usage"]) ?? {};
  const isToldApart = typeof made === "number" && typeof text === "number" && made + text === outputTokens;
  return checked({
    inputTokens: usage["input_tokens"],
    ...part("inputImageTokens", sent),
    outputTokens,
    ...part("outputImageTokens", isToldApart ? made : outputTokens),
    ...(typeof svg === "number" && svg > 0 ? { fees: [{ meter: "svg", count: svg }] } : {}),
  });
}

/**
 * The usage of audio that was written down, or of a realtime response: tokens, or whole seconds (rounded up) as a fee where it is billed by its length, told
 * as usage or as the length of a verbose answer. Undefined when there is neither, as in an answer that is plain text.
 */
export function usageOfOpenAITranscription(body: unknown): Usage | undefined {
  const answer = fieldsOf(body);
  const usage = fieldsOf(answer?.["usage"]);
  if (!answer) return undefined;
  if (usage === undefined) return ofSeconds(answer["duration"]);
  if (usage["type"] === "duration" || "seconds" in usage) return ofSeconds(usage["seconds"]);
  const input = fieldsOf(usage["input_token_details"] ?? usage["input_tokens_details"]);
  const output = fieldsOf(usage["output_token_details"] ?? usage["output_tokens_details"]);
  const cached = fieldsOf(input?.["cached_tokens_details"]);
  return checked(
    usageFrom({
      input: usage["input_tokens"],
      cached: input?.["cached_tokens"],
      cachedAudio: cached?.["audio_tokens"],
      cachedImage: cached?.["image_tokens"],
      inputAudio: without(input?.["audio_tokens"], cached?.["audio_tokens"]),
      inputImage: without(input?.["image_tokens"], cached?.["image_tokens"]),
      output: usage["output_tokens"],
      outputAudio: output?.["audio_tokens"],
      isMedia: output !== undefined,
    }),
  );
}

/** Of a kind of input, what did not come from the cache. */
function without(all: unknown, cached: unknown): unknown {
  return typeof all === "number" && typeof cached === "number" ? Math.max(0, all - cached) : all;
}

/** Providers write lengths as numbers and as texts. */
function ofSeconds(seconds: unknown): Usage | undefined {
  const length = typeof seconds === "string" && seconds !== "" ? Number(seconds) : seconds;
  if (typeof length !== "number") return undefined;
  return checked({
    inputTokens: 0,
    outputTokens: 0,
    fees: [{ meter: "audioSeconds", count: Math.ceil(length) }],
  });
}

function checked(usage: unknown): Usage | undefined {
  return isUsage(usage) ? usage : undefined;
}

function part(name: keyof Usage, count: unknown): Partial<Record<keyof Usage, unknown>> {
  return count === undefined || count === null || count === 0 ? {} : { [name]: count };
}
