const DAY_MS = 86_400_000;
/** Zones remembered at most; there are some six hundred names. */
const CAPACITY = 1_000;

/** What the clocks of time zones show. Moments in milliseconds since the epoch; local times are written as if they were UTC. */
export class ZoneClocks {
  private readonly formats = new Map<string, Intl.DateTimeFormat>();

  know(zone: string): boolean {
    try {
      return this.formatOf(zone) !== undefined;
    } catch {
      return false;
    }
  }

  /** What the clocks of a zone show at a moment, to the second. */
  localMs(zone: string, atMs: number): number {
    if (zone === "UTC") return Math.floor(atMs / 1000) * 1000;
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.formatOf(zone).formatToParts(atMs)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /**
   * The first moment of the day of a zone that a local midnight begins: where clocks skip midnight, that of the skip; where they strike it
   * twice, the first.
   */
  firstOfDay(zone: string, midnightMs: number): number {
    const isStruck = (atMs: number) => this.localMs(zone, atMs) === midnightMs;
    // A day before and after, in any zone: whatever happens to the clocks at that midnight lies between.
    const byOldClock = midnightMs - this.offsetMs(zone, midnightMs - DAY_MS);
    const byNewClock = midnightMs - this.offsetMs(zone, midnightMs + DAY_MS);
    return !isStruck(byOldClock) && isStruck(byNewClock) ? byNewClock : byOldClock;
  }

  private offsetMs(zone: string, atMs: number): number {
    return this.localMs(zone, atMs) - atMs;
  }

  private formatOf(zone: string): Intl.DateTimeFormat {
    const known = this.formats.get(zone);
    if (known !== undefined) return known;
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (this.formats.size >= CAPACITY) this.formats.clear();
    this.formats.set(zone, format);
    return format;
  }
}
