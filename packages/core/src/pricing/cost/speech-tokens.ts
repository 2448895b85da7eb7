/**
 * Audio tokens of gpt-4o-mini-tts: for one character 1.3 were measured (github.com/sanand0/blog, "OpenAI TTS cost", 2025-11-02), in
 * English; three times that are held for each byte in UTF-8, since a character of other writings may be a whole word, and more
 * for what is read out as a word, such as a digit. OpenAI tells no bound.
 */
const AUDIO_TOKENS_A_BYTE = 4;
const AUDIO_TOKENS_A_SIGN = 10;
const SIGNS = /[\d#$%&*+/<=>@\\^_`{|}~]/g;
const LEAST_AUDIO_TOKENS = 256;
const SLOWEST = 0.25;

/** The most output tokens that a text takes when it is spoken, at so many times the usual speed. */
export function speechTokens(text: string, speed: unknown = 1): number {
  const slower = Math.min(typeof speed === "number" ? Math.max(speed, SLOWEST) : 1, 1);
  const signs = text.match(SIGNS)?.length ?? 0;
  const bytes = new TextEncoder().encode(text).byteLength;
  const spoken = (bytes - signs) * AUDIO_TOKENS_A_BYTE + signs * AUDIO_TOKENS_A_SIGN;
  return Math.max(Math.ceil(spoken / slower), LEAST_AUDIO_TOKENS);
}
