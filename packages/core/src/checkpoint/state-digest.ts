import { channelKey, type Remembered, type RememberedState } from "./remembered.ts";

/** A number that two texts share only by chance: 53 bits, not for secrets. */
export function digestOf(text: string, seed = 0): number {
  let low = 0xdeadbeef ^ seed;
  let high = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 2_654_435_761);
    high = Math.imul(high ^ code, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & high) + (low >>> 0);
}

/** The same for equal states, however they are stored; it costs a few operations an element. */
export function stateDigest({ channels }: RememberedState): string {
  return digestOf(channels.map(channelDigest).join()).toString(36);
}

function channelDigest({ kind, path, items }: RememberedState["channels"][number]): number {
  let mixed = digestOf(channelKey({ kind, path }));
  let place = 0;
  for (const { digest } of (items as readonly Remembered[] | ReadonlyMap<string, Remembered>).values()) {
    // Where it stands counts, but for the keys of an object.
    const part = kind === "record" ? digest : digest ^ Math.imul(++place, 0x9e3779b1);
    mixed = (mixed + (part >>> 0) + Math.floor(digest / 4_294_967_296)) % 9_007_199_254_740_991;
  }
  return mixed;
}
