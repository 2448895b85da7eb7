import { InvalidOptionError } from "@wflo/core";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text can be an id here; one that cannot names nothing that is stored. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** An id that is written. Throws `InvalidOptionError` when it is no UUID. */
export function uuidOf(what: string, text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidOptionError(
    `The ${what} ${JSON.stringify(text)} is no UUID. @wflo/postgres keeps ids as UUIDs (version 7).`,
  );
}
