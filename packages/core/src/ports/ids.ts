/** Makes ids: UUIDs of version 7, which ascend with time. */
export interface Ids {
  next(): string;
}
