/** Bytes are counted over stretches of this length: longer than a provider's own batches, shorter than its moods. */
const STRETCH_MS = 250;

/** How fast something comes in at its fastest. */
export class Pace {
  #beganAtMs: number | undefined;
  #bytesBefore = 0;
  #bytesNow = 0;
  #mostBytes = 0;

  /** So many bytes have come in by this moment, all in all. */
  note(bytes: number, atMs: number): void {
    if (this.#beganAtMs === undefined || atMs - this.#beganAtMs >= STRETCH_MS) {
      this.#beganAtMs = atMs;
      this.#bytesBefore = this.#bytesNow;
    }
    this.#bytesNow = bytes;
    this.#mostBytes = Math.max(this.#mostBytes, bytes - this.#bytesBefore);
  }

  /** So many bytes came in so many milliseconds. */
  noteStretch(bytes: number, forMs: number): void {
    this.#mostBytes = Math.max(this.#mostBytes, (bytes / forMs) * STRETCH_MS);
  }

  /** Of the fastest stretch: an average would forget what a provider can do once it has stalled. */
  get bytesPerMs(): number {
    return this.#mostBytes / STRETCH_MS;
  }
}
