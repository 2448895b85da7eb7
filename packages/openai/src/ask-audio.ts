import { audioSecondsAtMost, speechTokens, type RequestPart, type Usage } from "@wflo/core";
import type { Asking } from "./asked.ts";
import { textOf, type NativeRequest } from "./native-request.ts";
import { tokenText } from "./token-text.ts";

/** Answers that are the text alone. */
const PLAIN_FORMATS = new Set(["text", "srt", "vtt"]);

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
  return {
    request: {
      model: textOf(fields["model"]) ?? "",
      parts: [tokenText(fields)],
      maxOutputTokens: speechTokens(input, fields["speed"]),
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
    pieces: pieces("audioSeconds", audioSecondsAtMost(files.map(({ bytes }) => bytes))),
  };
}

function silenceOf({ fields, isWhole }: NativeRequest): string | undefined {
  const format = fields["response_format"];
  if (!isWhole) return "the answer may be text without usage";
  return PLAIN_FORMATS.has(String(format)) ? `an answer as ${String(format)} has no usage` : undefined;
}

function pieces(meter: string, count: number): Usage {
  return { inputTokens: 0, outputTokens: 0, fees: [{ meter, count }] };
}
