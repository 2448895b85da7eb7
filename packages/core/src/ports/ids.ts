/** Makes ids: UUIDs of version 7, which ascend with time. */
export interface Ids {
  next(): string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether this is a UUID in lower case, as ids of runs and calls are. */
export function isUuid(id: unknown): boolean {
  return typeof id === "string" && UUID.test(id);
}
