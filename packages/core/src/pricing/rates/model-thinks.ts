/** OpenAI's o-series, GPT-5 and later, its models for code and with open weights, and their fine-tunes. */
const THINKS = /^(?:ft:)?(?:openai\/)?(?:o\d|gpt-(?:[5-9]|\d\d|oss)|codex-)/;
/** OpenAI's models before, their fine-tunes, and Llama up to its third generation: what they make, they show. */
const SHOWS_ALL = /^(?:ft:)?(?:openai\/)?(?:chatgpt-4o|gpt-(?:3\.5|4))|(?:^|\/)(?:meta-)?llama-?[23]/;
/** Models that others made to think out of one that does not. */
const MADE_TO_THINK = /nemotron|reason|think|-r1|hermes/i;

/**
 * Whether a model thinks before it answers without being asked to, so that it is billed for more than it shows; undefined where that
 * is not known.
 */
export function modelThinks(provider: string, model: string): boolean | undefined {
  if (THINKS.test(model)) return true;
  // Azure takes the name of a deployment, which may be that of another model.
  if (provider === "azure" || MADE_TO_THINK.test(model)) return undefined;
  return SHOWS_ALL.test(model) ? false : undefined;
}
