export {
  meterModel,
  type AnyMastraModel,
  type AnyModelWithRetries,
  type MeteredModel,
} from "./meter-model.ts";
export type { RefusalMetadata } from "./errors.ts";
export type { ByRequest, MeterModelOptions, ProcessorOptions } from "./options.ts";
export type { Scope } from "./scopes/scope-key.ts";
export type { ScopeWindow } from "./scopes/scope-window.ts";
export { stepsCost, type StepsCost } from "./usage.ts";
export { wfloProcessor, type WfloProcessor } from "./wflo-processor.ts";
