import {
  audioSecondsAtMost,
  imageTokens,
  isNothing,
  Money,
  speechTokens,
  usageOfOpenAIResponse,
  usageOfResponse,
  type BoundWrapper,
  type GuardRequest,
  type Outcome,
  type RequestPart,
  type Usage,
} from "@wflo/core";
import type { AskedCall } from "../guard.ts";
import type { ModelName } from "../models/model-name.ts";
import type { AnyCallOptions } from "./call-settings.ts";
import { withImageCharge } from "./told-charge.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Options of a model that is no language model. */
export type MediaOptions = AnyCallOptions & Fields;

/** Options that no model reads. */
const NOT_READ = new Set(["abortSignal", "headers"]);

/** Reads a call of one kind of model that answers in one piece. */
export type MediaAsking = (name: ModelName, options: MediaOptions, bound: BoundWrapper) => AskedCall<Fields>;

/** Texts are embedded. */
export const askEmbedding: MediaAsking = (name, { values, providerOptions }) => ({
  request: requestOf(name, providerOptions, listOf(values)),
  outcome: (result) => answered(result, "the provider told no usage"),
});

/** Pictures are made or changed. */
export const askImages: MediaAsking = (name, { prompt, n, size, files, mask, providerOptions }) => {
  const { quality } = fieldsOf(fieldsOf(providerOptions)["openai"]);
  const sent = [...listOf(files), ...(mask == null ? [] : [mask])];
  const opaque = sent.map((): RequestPart => ({ kind: "opaque", what: "an image" }));
  return {
    request: {
      ...requestOf(name, providerOptions, [prompt], opaque),
      maxOutputTokens: imageTokens(name.model, { size, quality, partialImages: 0 }),
      outputs: typeof n === "number" && n > 0 ? n : 1,
    },
    outcome: (result) => imageOutcome(result),
    told: withImageCharge,
  };
};

/** A text is spoken. Models that are billed by the character are known to the character. */
export const askSpeech: MediaAsking = (name, { text, instructions, speed, providerOptions }, bound) => {
  const input = typeof text === "string" ? text : "";
  // In UTF-16: never fewer than there are characters.
  const characters = fee("characters", input.length);
  const hold = priceOfPieces(bound, name, characters);
  const silence = "speech comes without usage";
  return {
    request: {
      ...requestOf(name, providerOptions, [input, instructions]),
      maxOutputTokens: speechTokens(input, speed),
      hold,
    },
    outcome: (result) => answered(result, silence, hold === undefined ? undefined : characters),
  };
};

/** Audio is written down: billed by its tokens, or by its length, of which its size tells the most. */
export const askTranscription: MediaAsking = (name, { audio, providerOptions }, bound) => ({
  request: {
    ...requestOf(name, providerOptions, [], [{ kind: "opaque", what: "the audio" }]),
    hold: priceOfPieces(bound, name, fee("audioSeconds", audioSecondsAtMost([bytesOf(audio)]))),
  },
  outcome(result) {
    const { usage, durationInSeconds: duration } = result;
    const told = usageOfOpenAIResponse({ text: "", ...(usage == null ? {} : { usage }), duration });
    return answered(result, "the provider told neither usage nor length", told);
  },
});

/** Anything else that is answered in one piece: bounded by its text where the model has a price by the token, else held by hand. */
export const askAnything: MediaAsking = (name, { providerOptions, ...options }) => {
  const read = Object.entries(options).filter(([field]) => !NOT_READ.has(field));
  return {
    request: requestOf(name, providerOptions, [JSON.stringify(Object.fromEntries(read))]),
    outcome: (result) => answered(result, "answers of this kind come without usage"),
  };
};

function requestOf(
  name: ModelName,
  providerOptions: unknown,
  texts: readonly unknown[],
  opaque: readonly RequestPart[] = [],
): GuardRequest {
  const settings =
    Object.keys(fieldsOf(providerOptions)).length === 0 ? [] : [JSON.stringify(providerOptions)];
  const words = texts.filter((text) => text != null).map(String);
  return { ...name, parts: [...settings, ...words, ...opaque], canCap: false };
}

/** What pieces cost at most; undefined where the model is not billed by them, or nobody knows their price. */
function priceOfPieces(
  { wflo }: BoundWrapper,
  { provider, model }: ModelName,
  usage: Usage,
): Money | undefined {
  const cost = wflo.pricing.cost({ provider, model, usage });
  return cost.kind === "known" ? new Money(cost.nanoUsd) : undefined;
}

/** The SDK keeps the totals, and how much of the input were pictures with each picture. */
function imageOutcome(result: Fields): Outcome {
  const { inputTokens, outputTokens } = fieldsOf(result["usage"]);
  const { images } = fieldsOf(fieldsOf(result["providerMetadata"])["openai"]);
  const sent = listOf(images).map((made) => fieldsOf(made)["imageTokens"]);
  const image_tokens = sent.every((count) => typeof count === "number")
    ? sent.reduce((sum: number, count) => sum + (count as number), 0)
    : undefined;
  const usage = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...(image_tokens === undefined ? {} : { input_tokens_details: { image_tokens } }),
  };
  return answered(
    { ...result, usage: undefined },
    "images come without usage",
    usageOfOpenAIResponse({ data: [], usage }),
  );
}

function answered(result: Fields, silence: string, known?: Usage): Outcome {
  const { usage, providerMetadata } = result;
  const { modelId, body } = fieldsOf(result["response"]);
  const told =
    usageOfResponse({ usage, providerMetadata, response: { modelId } }) ?? usageOfResponse(fieldsOf(body));
  // Nothing is answered for nothing: a server that says so does not count.
  const counted = [known, told?.usage].find((usage) => usage !== undefined && !isNothing(usage));
  return {
    kind: "answered",
    usage: counted,
    model: told?.model ?? (typeof modelId === "string" ? modelId : undefined),
    ...(counted === undefined ? { noUsage: { reason: silence, isExpected: true } } : {}),
  };
}

function fee(meter: string, count: number): Usage {
  return { inputTokens: 0, outputTokens: 0, fees: [{ meter, count }] };
}

/** How many bytes there are of audio, given as they are or in base64. */
function bytesOf(audio: unknown): number | undefined {
  if (audio instanceof Uint8Array) return audio.byteLength;
  return typeof audio === "string" ? Math.ceil(audio.length * 0.75) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
