// Stored copies were read; the providers' own pages were not, except where a source says so.

/** LiteLLM's prices. */
export const LITELLM =
  "LiteLLM model_prices_and_context_window.json, commit 00035b69f416be24e2e323c13198d9b7d2d1bdf9";
/** What wflo had before it looked by itself. */
export const RESEARCH =
  "wflo's price research of 2026-11-22, from LiteLLM of 2026-08-01; not read again for this row";
/** The day on which the sources were read. */
export const CHECKED = "2026-11-22";
/** OpenAI's own pages. */
export const OPENAI_DOCS = "https://developers.openai.com";
/** Audio by the second. */
export const WHISPER = `${OPENAI_DOCS}/pt-BR/api/docs/models/whisper-1, stored copy: $0.006 a minute`;
/** The same, for the model that came after. */
export const TRANSCRIBE = "genai-prices@0.1.8: $0.27 an hour; not found on a page of OpenAI's";
/** Speech by the character. */
export const SPEECH = `${OPENAI_DOCS}/api/docs/models/tts-1, stored copy: $15 and $30 (HD) for a million characters`;
