const MILLION = 1_000_000;

/**
 * The amount (nano-dollars, at least 1) at which so much of a cap is spent. The share counts in millionths, so that no float touches
 * money.
 */
export function warnLine(capNanoUsd: bigint, share: number): bigint {
  const millionths = BigInt(Math.floor(share * MILLION + 0.5));
  const line = (capNanoUsd * millionths + BigInt(MILLION - 1)) / BigInt(MILLION);
  return line > 1n ? line : 1n;
}

/** The amount at which a window warns next once `warned`, and with it every lower share, is told; undefined when it does not. */
export function nextWarning(
  capNanoUsd: bigint,
  warned: number,
  warnAt: readonly number[],
): bigint | undefined {
  let next: bigint | undefined;
  for (const share of warnAt) {
    const line = share > warned ? warnLine(capNanoUsd, share) : undefined;
    if (line !== undefined && (next === undefined || line < next)) next = line;
  }
  return next;
}
