import type { Body } from "./native-request.ts";

/** OpenAI's o-series, and GPT-5 and later. */
const THINKS = /^(?:openai\/)?(?:o\d|gpt-(?:[5-9]|\d\d))/;
/** OpenAI's models before, their fine-tunes, and Llama up to its third generation: what they make, they show. */
const SHOWS_ALL = /^(?:ft:)?(?:openai\/)?(?:chatgpt-4o|gpt-(?:3\.5|4))|(?:^|\/)(?:meta-)?llama-?[23]/;

/** Whether a model thinks before it answers, so that it is billed for more than it shows; undefined where that is not known. */
export function thinks(fields: Body, model: string): boolean | undefined {
  if (fields["reasoning"] != null || fields["reasoning_effort"] != null || THINKS.test(model)) return true;
  return SHOWS_ALL.test(model) ? false : undefined;
}
