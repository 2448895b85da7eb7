// Stored copies were read; the providers' own pages were not, except where a source says so.

/** LiteLLM's prices. */
export const LITELLM =
  "LiteLLM model_prices_and_context_window.json, commit 00035b69f416be24e2e323c13198d9b7d2d1bdf9";
/** What wflo had before it looked by itself. */
export const RESEARCH =
  "wflo's price research of 2026-11-22, from LiteLLM of 2026-08-01; not read again for this row";
/** The day on which the older rows' sources were read. */
export const CHECKED = "2026-11-22";
/** The day on which the newer rows' sources were read. */
export const CHECKED_AGAIN = "2026-11-30";
/** OpenAI's own pages. */
export const OPENAI_DOCS = "https://developers.openai.com";
/** OpenAI's price page. */
export const OPENAI_PRICES = `${OPENAI_DOCS}/api/docs/pricing, stored copies of June to August 2026`;
/** Anthropic's price page. */
export const ANTHROPIC_PRICES =
  "https://platform.claude.com/docs/en/about-claude/pricing, stored copies of September and October 2026";
/** Google's price page. */
export const GEMINI_PRICES =
  "https://ai.google.dev/gemini-api/docs/pricing, stored copies of spring and October 2026";
/** xAI's price page. */
export const XAI_PRICES = "https://docs.x.ai/developers/pricing, stored copies of autumn 2026";
/** Perplexity's price page. */
export const PERPLEXITY_PRICES =
  "https://docs.perplexity.ai/docs/getting-started/pricing, as two third parties quote it in 2026";
