import { attributed } from "@wflo/core";
import { noRefusal, notingRefusal } from "../agents/met-refusal.ts";
import { callPlaceOf } from "./call-place.ts";
import { refusalIn, type Refusal } from "../refusals.ts";

/** What a step came to, when that is no error of its own. */
export type Attempt = { readonly output: unknown } | { readonly refusal: Refusal };

/**
 * Does the work of a step once. It was refused if it throws a refusal, or if one has stopped an agent in it: what such an agent returns is empty, and
 * to go on with that would be to pay for nothing.
 */
export async function attemptStep(
  runId: string,
  path: readonly string[],
  work: () => unknown,
): Promise<Attempt> {
  const met = noRefusal(true);
  const place = callPlaceOf(runId, path);
  const noted = () => refusalIn(met.refusal);
  try {
    const output = await notingRefusal(met, () => attributed({ place }, work));
    const refusal = noted();
    return refusal === undefined ? { output } : { refusal };
  } catch (error) {
    const refusal = refusalIn(error) ?? noted();
    if (refusal === undefined) throw error;
    return { refusal };
  }
}
