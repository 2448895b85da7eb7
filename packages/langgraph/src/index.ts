export { ParentGoneError } from "./parent-gone-error.ts";
export { UnsavableChannelError } from "./unsavable-channel-error.ts";
export type { WfloSaverOptions } from "./options.ts";
export type { RunsDeleted } from "./delete-for-runs.ts";
export type { Imported, ImportOptions, ImportProgress } from "./import-threads.ts";
export type { Pruned, PruneOptions } from "./prune-threads.ts";
export { WfloSaver } from "./wflo-saver.ts";
