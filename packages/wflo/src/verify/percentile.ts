/** The value below which this share (0 to 1) of the samples lies; undefined without samples. */
export function percentile(samples: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
