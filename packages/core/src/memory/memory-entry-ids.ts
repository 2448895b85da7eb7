const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const COUNTER_LIMIT = 0x1000;

/** Makes ids for the entries that the store itself writes: UUIDs of version 7 (RFC 9562) that ascend within one store. */
export function memoryEntryIds(): (nowMs: number) => string {
  let lastMs = 0;
  let counter = 0;
  return (nowMs) => {
    counter += 1;
    if (nowMs > lastMs || counter === COUNTER_LIMIT) {
      lastMs = Math.max(nowMs, lastMs + 1);
      counter = 0;
    }
    const time = Math.floor(lastMs).toString(16).padStart(12, "0");
    const tail = crypto.getRandomValues(new Uint8Array(8));
    tail[0] = ((tail[0] ?? 0) & 0x3f) | 0x80;
    const text = Array.from(tail, (byte) => HEX[byte] ?? "").join("");
    const sequence = counter.toString(16).padStart(3, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${text.slice(0, 4)}-${text.slice(4)}`;
  };
}
