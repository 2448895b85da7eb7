export { InvalidFilterError } from "./store/invalid-filter-error.ts";
export { UnsavableItemError } from "./store/unsavable-item-error.ts";
export { WfloStore } from "./store/wflo-store.ts";
export type { WfloStoreOptions } from "./store/store-options.ts";
export { UnsavableChannelError } from "./unsavable-channel-error.ts";
export type { WfloSaverOptions } from "./options.ts";
export { WfloSaver } from "./wflo-saver.ts";
