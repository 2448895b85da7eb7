export { UnsavableChannelError } from "./unsavable-channel-error.ts";
export type { WfloSaverOptions } from "./options.ts";
export { WfloSaver } from "./wflo-saver.ts";
