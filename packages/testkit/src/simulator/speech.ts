import type { Answer } from "./answer.ts";
import { plainWire, type Wire } from "./wire.ts";

const BYTES_PER_CHARACTER = 64;

/** Writes answers as `/v1/audio/speech` does: bytes without a usage, or events whose last one has it. */
export function speechWire(answer: Answer): Wire {
  const audio = new Uint8Array(answer.usage.characters * BYTES_PER_CHARACTER).fill(0xff);
  const { inputTokens, outputTokens } = answer.usage;
  const usage = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  return plainWire({
    body: () => audio,
    piece: () => [{ data: { type: "speech.audio.delta", audio: btoa("\xff".repeat(BYTES_PER_CHARACTER)) } }],
    end: () => [{ data: { type: "speech.audio.done", ...(answer.omitUsage ? {} : { usage }) } }],
  });
}
