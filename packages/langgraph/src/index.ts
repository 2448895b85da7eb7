export { UnsavableChannelError } from "./unsavable-channel-error.ts";
export type { WfloSaverOptions } from "./options.ts";
export type { MeterOptions } from "./model-options.ts";
export { meterChatModel } from "./meter-chat-model.ts";
export { WfloSaver } from "./wflo-saver.ts";
