/** What OpenAI takes at most in one file; how long one is of which the size is not known, nobody knows before it is sent. */
const MOST_BYTES = 25 * 1024 * 1024;
/** Speech is not heard at fewer bits: 4 kbit/s is below the lowest of the codecs in use (Opus begins at 6). */
const LEAST_BYTES_A_SECOND = 500;

/** The most seconds that files of audio last; `bytes` has the size of each, undefined where it is not known. */
export function audioSecondsAtMost(bytes: readonly (number | undefined)[]): number {
  const all = bytes.reduce<number>((sum, size) => sum + (size ?? MOST_BYTES), 0);
  return Math.ceil((bytes.length === 0 ? MOST_BYTES : all) / LEAST_BYTES_A_SECOND);
}
