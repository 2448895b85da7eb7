import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";

/** Random bytes fetched at once; one id takes ten. */
const POOL_BYTES = 1_280;

/**
 * UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter that keeps those of one millisecond in order,
 * then randomness. They ascend within a process even when its clock is set back.
 */
export function uuidV7Ids(clock: Pick<Clock, "now">): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let lastMs = 0;
  let counter = 0;
  return {
    next() {
      if (used + 8 > POOL_BYTES) {
        crypto.getRandomValues(pool);
        used = 0;
      }
      const now = clock.now();
      counter++;
      if (now > lastMs) {
        lastMs = now;
        counter = ((pool[used] ?? 0) << 2) & 0x3ff;
      } else if (counter > 0xfff) {
        lastMs++;
        counter = 0;
      }
      const time = lastMs.toString(16).padStart(12, "0");
      let random = "";
      for (let at = used; at < used + 8; at++) random += ((pool[at] ?? 0) | 0x100).toString(16).slice(1);
      used += 8;
      const variant = "89ab"[Number.parseInt(random[0] ?? "0", 16) & 3] ?? "8";
      const sequence = counter.toString(16).padStart(3, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${variant}${random.slice(1, 4)}-${random.slice(4)}`;
    },
  };
}
