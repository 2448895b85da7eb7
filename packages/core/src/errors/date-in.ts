/** The date of a moment on the clocks of a zone, as `2026-12-01 Europe/Paris`; in UTC where this host does not know the zone. */
export function dateIn(zone: string, at: Date): string {
  if (zone === "UTC") return `${at.toISOString().slice(0, 10)} UTC`;
  try {
    const options = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" } as const;
    const parts = new Intl.DateTimeFormat("en-US", options).formatToParts(at);
    const part = (wanted: string) => parts.find(({ type }) => type === wanted)?.value;
    return `${part("year")}-${part("month")}-${part("day")} ${zone}`;
  } catch {
    return dateIn("UTC", at);
  }
}
