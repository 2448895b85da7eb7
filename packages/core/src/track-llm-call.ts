import type { Wflo } from "./create-wflo.ts";
import { bindWrapper } from "./wrapper.ts";
import { trackLlmCallOn } from "./wrappers/track-llm-call.ts";

/** Wraps or decorates a function that makes one call of a model; see `wrappers/track-llm-call.ts`. */
export const trackLlmCall = trackLlmCallOn<Wflo>(bindWrapper);
