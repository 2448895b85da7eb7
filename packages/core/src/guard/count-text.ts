import type { DoorSettings } from "./door-settings.ts";
import type { EstimateMeans } from "./estimate.ts";
import type { OpenCall } from "./open-call.ts";
import type { SeenModels } from "./seen-models.ts";

/**
 * How the texts of a call are counted: by the tokenizer of the client, if it has one, where a bound is not small beside what is
 * free. What it throws, or gives that is no count, is warned of once, and the bytes of that text stand.
 */
export function countingOf(
  door: DoorSettings,
  seen: SeenModels,
  { budgetIds, label }: Pick<OpenCall, "budgetIds" | "label">,
): EstimateMeans["counting"] {
  const { countTokens } = door;
  if (countTokens === undefined) return undefined;
  const { provider, model } = label;
  return {
    isTooDear: (boundNanoUsd) => !door.line.hasPlenty(budgetIds, boundNanoUsd),
    countText(text) {
      let trouble: string;
      try {
        const count: unknown = countTokens(text, { provider, model });
        // No text but the empty one is no token at all.
        if (typeof count === "number" && count > 0 && Number.isFinite(count)) return Math.ceil(count);
        // A promise is no count; should it fail, that is no more than this.
        if (count instanceof Promise) count.catch(() => {});
        trouble = `it gave ${typeof count === "number" ? count : typeof count}`;
      } catch (error) {
        trouble = String(error);
      }
      if (seen.miscounted())
        door.log.warn(`wflo: countTokens did not count a text (${trouble}); its bytes are used.`);
      return undefined;
    },
  };
}
