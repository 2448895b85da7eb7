import type { RequestPart, Usage } from "@wflo/core";
import type { Asking } from "./asked.ts";
import { textOf, type NativeFile, type NativeRequest } from "./native-request.ts";
import { tokenText } from "./token-text.ts";

/** What OpenAI takes at most in one file; how long a streamed one is nobody knows before it is sent. */
const MOST_BYTES = 25 * 1024 * 1024;
/** Speech is not heard at fewer bits: 4 kbit/s is below the lowest of the codecs in use (Opus begins at 6). */
const LEAST_BYTES_A_SECOND = 500;
/** Answers that are the text alone. */
const PLAIN_FORMATS = new Set(["text", "srt", "vtt"]);

/**
 * Audio tokens of gpt-4o-mini-tts: for one character 1.3 were measured (github.com/sanand0/blog, "OpenAI TTS cost", 2025-11-02), in
 * English; three times that are held for each byte in UTF-8, since a character of other writings may be a whole word, and more
 * for what is read out as a word, such as a digit. OpenAI tells no bound.
 */
const AUDIO_TOKENS_A_BYTE = 4;
const AUDIO_TOKENS_A_SIGN = 10;
const SIGNS = /[\d#$%&*+/<=>@\\^_`{|}~]/g;
const LEAST_AUDIO_TOKENS = 256;

/** A request to write audio down. */
export const askTranscription: Asking = (native) => ({
  ...writtenDown(native),
  silence: silenceOf(native),
});

/** The same into English. Its answers have no usage; the verbose ones tell how long the audio is. */
export const askTranslation: Asking = (native) => ({
  ...writtenDown(native),
  silence: "translations come without usage",
});

/** A request to speak a text. Models that are billed by the character are known to the character. */
export const askSpeech: Asking = ({ fields }) => {
  const input = textOf(fields["input"]) ?? "";
  const slower = Math.min(typeof fields["speed"] === "number" ? Math.max(fields["speed"], 0.25) : 1, 1);
  const signs = input.match(SIGNS)?.length ?? 0;
  const bytes = new TextEncoder().encode(input).byteLength;
  const spoken = (bytes - signs) * AUDIO_TOKENS_A_BYTE + signs * AUDIO_TOKENS_A_SIGN;
  const tokens = Math.ceil(spoken / slower);
  return {
    request: {
      model: textOf(fields["model"]) ?? "",
      parts: [tokenText(fields)],
      maxOutputTokens: Math.max(tokens, LEAST_AUDIO_TOKENS),
      canCap: false,
    },
    // In UTF-16: never fewer than there are characters.
    pieces: pieces("characters", input.length),
    isExact: true,
    silence: "speech comes without usage",
  };
};

/** In a form that is streamed, the fields beside the model cannot be seen: it is taken for one without `chunking_strategy`. */
function writtenDown({ fields, files }: NativeRequest): ReturnType<Asking> {
  const chunked: RequestPart[] =
    fields["chunking_strategy"] == null
      ? []
      : [{ kind: "unbounded", what: "chunking_strategy, which makes several requests of one" }];
  return {
    request: {
      model: textOf(fields["model"]) ?? "",
      parts: [tokenText(fields), { kind: "opaque", what: "the audio" }, ...chunked],
      canCap: false,
    },
    pieces: pieces("audioSeconds", secondsAtMost(files)),
  };
}

function silenceOf({ fields, isWhole }: NativeRequest): string | undefined {
  const format = fields["response_format"];
  if (!isWhole) return "the answer may be text without usage";
  return PLAIN_FORMATS.has(String(format)) ? `an answer as ${String(format)} has no usage` : undefined;
}

function secondsAtMost(files: readonly NativeFile[]): number {
  const bytes = files.reduce((sum, file) => sum + (file.bytes ?? MOST_BYTES), 0);
  return Math.ceil((files.length === 0 ? MOST_BYTES : bytes) / LEAST_BYTES_A_SECOND);
}

function pieces(meter: string, count: number): Usage {
  return { inputTokens: 0, outputTokens: 0, fees: [{ meter, count }] };
}
