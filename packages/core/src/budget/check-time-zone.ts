import { InvalidOptionError } from "../errors/invalid-option-error.ts";

/**
 * The name of a time zone as databases and JavaScript read it alike: `UTC`, or `Area/Place` of the IANA list. Throws `InvalidOptionError` for
 * offsets, whose sign PostgreSQL inverts (POSIX), and for abbreviations such as CET, which it takes for a fixed offset. `what` begins the
 * sentence.
 */
export function checkTimeZone(what: string, zone: unknown): string {
  const found = typeof zone === "string" ? canonical(zone) : undefined;
  if (found !== undefined) return found;
  throw new InvalidOptionError(
    `${what}: timeZone is "UTC" or a name of the IANA list, such as "Europe/Paris", not ${told(zone)}. Offsets and abbreviations mean ` +
      "different things to different databases.",
  );
}

function canonical(zone: string): string | undefined {
  // A slash sets names apart from offsets and abbreviations.
  if (!/^(UTC|[A-Za-z][\w+-]*(\/[\w+-]+)+)$/i.test(zone)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en-US", { timeZone: zone }).resolvedOptions();
    // Of two names for one zone the one that was written is kept, in its usual letters where those are known.
    return timeZone === "UTC" || timeZone.toLowerCase() === zone.toLowerCase() ? timeZone : zone;
  } catch {
    return undefined;
  }
}

function told(zone: unknown): string {
  return typeof zone === "string" ? JSON.stringify(zone) : typeof zone;
}
