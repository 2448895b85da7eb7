import { UnsavableChannelError } from "./unsavable-channel-error.ts";

/** What one task may write at once. Characters. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/** Throws `UnsavableChannelError`, which names the channel that takes most, when the writes of a task take too much. */
export function checkWrites(writes: readonly { readonly channel: string; readonly text: string }[]): void {
  const total = writes.reduce((sum, { text }) => sum + text.length, 0);
  if (total <= MAX_CHARACTERS) return;
  const [largest] = writes.toSorted((one, other) => other.text.length - one.text.length);
  const megabytes = (characters = 0) => `${Math.ceil(characters / 1_048_576)} MB`;
  throw new UnsavableChannelError(
    largest?.channel ?? "",
    `takes ${megabytes(largest?.text.length)}, and the writes of its task ${megabytes(total)}, more than the 64 MB they may have`,
  );
}
