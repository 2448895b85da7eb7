import { modelThinks } from "@wflo/core";
import type { Body } from "./native-request.ts";

/** Whether the model of a request thinks before it answers; undefined where that is not known. */
export function thinks(fields: Body, model: string, provider: string): boolean | undefined {
  if (fields["reasoning"] != null || fields["reasoning_effort"] != null) return true;
  return modelThinks(provider, model);
}
