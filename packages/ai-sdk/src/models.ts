/**
 * For packages of other frameworks whose models are those of the AI SDK, in the versions v2 to v4: the same calls through the door, with
 * nothing of the package `ai`.
 */
export { currentAgentRun, withinAgentRun } from "./agents/agent-run.ts";
export { agentValues } from "./agents/agent-values.ts";
export { steppingTools } from "./agents/stepping-tools.ts";
export { wfloMetadata, type WfloMetadata } from "./calls/told-charge.ts";
export { UnmeterableCallError } from "./errors.ts";
export { ModelGuard } from "./guard.ts";
export { isModel, isOfKnownVersion } from "./models/any-model.ts";
export { LanguageModelCalls } from "./models/language-model.ts";
export { MediaModelCalls } from "./models/media-model.ts";
export { isMetered, noteMetered } from "./models/metered-marks.ts";
export { withMethods } from "./models/metered-object.ts";
export { nameOf, type AnyModel } from "./models/model-name.ts";
export { METER_OPTIONS, type MeterOptions } from "./options.ts";
