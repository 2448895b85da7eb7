import type { Answer } from "./answer.ts";
import type { SimulatorRequest } from "./simulator-request.ts";
import { plainWire, type Wire, type WireBody } from "./wire.ts";

/**
 * Writes answers as `/v1/audio/transcriptions` and `/v1/audio/translations` do. Only JSON tells a usage: seconds for whisper,
 * tokens for newer models. Translations tell none.
 */
export function transcriptionsWire({ api, body }: SimulatorRequest, answer: Answer): Wire {
  const text = answer.items.map((item) => item.pieces.join("")).join("");
  const tellsUsage = api === "transcriptions" && !answer.omitUsage;
  const usage = tellsUsage ? { usage: audioUsage(answer) } : {};
  const type = (name: string) => ({ type: `transcript.text.${name}` });
  return plainWire({
    body: () => bodyOf(body["response_format"], text, { answer, usage, api }),
    piece: (_item, _position, delta) => [{ data: { ...type("delta"), delta } }],
    end: () => [{ data: { ...type("done"), text, ...usage } }, { data: "[DONE]" }],
  });
}

function bodyOf(
  format: unknown,
  text: string,
  { answer, usage, api }: { readonly answer: Answer; readonly usage: object; readonly api: string },
): WireBody {
  const end = `00:00:${String(answer.usage.seconds % 60).padStart(2, "0")}`;
  switch (format) {
    case "text":
      return `${text}\n`;
    case "srt":
      return `1\n00:00:00,000 --> ${end},000\n${text}\n`;
    case "vtt":
      return `WEBVTT\n\n00:00:00.000 --> ${end}.000\n${text}\n`;
    case "verbose_json": {
      const task = api === "translations" ? "translate" : "transcribe";
      return { task, language: "english", duration: answer.usage.seconds, text, segments: [], ...usage };
    }
    default:
      return { text, ...usage };
  }
}

function audioUsage({ model, usage }: Answer): object {
  if (model.startsWith("whisper")) return { type: "duration", seconds: usage.seconds };
  return {
    type: "tokens",
    input_tokens: usage.inputTokens,
    input_token_details: {
      audio_tokens: usage.audioTokens,
      text_tokens: usage.inputTokens - usage.audioTokens,
    },
    output_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
