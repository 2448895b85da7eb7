/** Whether a function of the schema refused a time zone that the server does not know. */
export function isZoneRefusal(answer: unknown): boolean {
  return (answer as { readonly refusal?: string }).refusal === "zone";
}

/** The sentence for one. `what` begins it. */
export function unknownZone(what: string, timeZone: string): string {
  return `${what}: the database knows no time zone "${timeZone}". Write another name of it, or update the server's time zones.`;
}
