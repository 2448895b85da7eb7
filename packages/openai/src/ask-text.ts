import type { Asking } from "./asked.ts";
import { askedCap, askedNumber } from "./asked-counts.ts";
import { textOf } from "./native-request.ts";
import { tokenText } from "./token-text.ts";

/** What a completion of OpenAI's ends at, unless told otherwise (its API reference, `max_tokens`). */
const DEFAULT_COMPLETION_TOKENS = 16;
/** The most answers to one prompt (the same). */
const MOST_ANSWERS = 128;

/** A request to the legacy completions: each prompt is answered `n` times, out of `best_of` attempts that are all billed. */
export const askCompletion: Asking = ({ fields }, provider) => {
  const isOpenAI = provider === "openai" || provider === "azure";
  const prompts = promptsIn(fields["prompt"]);
  const answers = Math.max(
    askedNumber(fields["n"], MOST_ANSWERS),
    askedNumber(fields["best_of"], MOST_ANSWERS),
  );
  return {
    request: {
      model: textOf(fields["model"]) ?? "",
      parts: [tokenText(fields)],
      maxOutputTokens:
        fields["max_tokens"] == null && isOpenAI
          ? DEFAULT_COMPLETION_TOKENS
          : askedCap("completions", fields),
      outputs: prompts * answers,
      serviceTier: textOf(fields["service_tier"]),
    },
  };
};

/** A request to embeddings, which have no output. */
export const askEmbedding: Asking = ({ fields }) => ({
  request: { model: textOf(fields["model"]) ?? "", parts: [tokenText(fields)], canCap: false },
});

/** A text or a list of tokens is one prompt; a list of either is one each. */
function promptsIn(prompt: unknown): number {
  if (!Array.isArray(prompt)) return 1;
  const isTokens = prompt.every((item) => typeof item === "number");
  return isTokens ? 1 : Math.max(prompt.length, 1);
}
