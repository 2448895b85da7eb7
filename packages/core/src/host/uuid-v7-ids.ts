import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";

/** Random bytes fetched at once; one id takes eight. */
const POOL_BYTES = 1_024;
/** Two digits for each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => (byte | 0x100).toString(16).slice(1));

/**
 * UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter that keeps those of one millisecond in order,
 * then randomness. They ascend within a process even when its clock is set back.
 */
export function uuidV7Ids(clock: Pick<Clock, "now">): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let lastMs = 0;
  let counter = 0;
  /** Of `lastMs`, with the version. */
  let time = "00000000-0000-7";
  const tick = (ms: number, from: number): void => {
    lastMs = ms;
    counter = from;
    const digits = ms.toString(16).padStart(12, "0");
    time = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
  };
  const hex = (byte: number): string => HEX[byte] ?? "00";
  const random = (): string => hex(pool[used++] ?? 0);
  return {
    next() {
      if (used === POOL_BYTES) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      const first = pool[used++] ?? 0;
      const now = clock.now();
      counter++;
      if (now > lastMs) tick(now, (first << 2) & 0x3ff);
      else if (counter > 0xfff) tick(lastMs + 1, 0);
      const sequence = hex(counter >> 8).slice(1) + hex(counter & 0xff);
      const variant = hex((first & 0x3f) | 0x80) + random();
      return `${time}${sequence}-${variant}-${random()}${random()}${random()}${random()}${random()}${random()}`;
    },
  };
}
