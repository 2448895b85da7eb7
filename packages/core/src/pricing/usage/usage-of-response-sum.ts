import { isUsage, type Usage } from "./usage.ts";

type Counts = Exclude<keyof Usage, "fees">;

/**
 * The usages of several requests together; undefined when one of them is none. Where a price depends on the length of a
 * request, the sum may be priced as one long request, which is dearer.
 */
export function sumOfUsages(usages: readonly unknown[]): Usage | undefined {
  const counts: Partial<Record<Counts, number>> = {};
  const fees = new Map<string, number>();
  for (const usage of usages) {
    if (!isUsage(usage)) return undefined;
    for (const [name, count] of Object.entries(usage) as [Counts, number][])
      if (typeof count === "number") counts[name] = (counts[name] ?? 0) + count;
    for (const { meter, count } of usage.fees ?? []) fees.set(meter, (fees.get(meter) ?? 0) + count);
  }
  const { inputTokens = 0, outputTokens = 0, ...parts } = counts;
  const lines = [...fees].map(([meter, count]) => ({ meter, count }));
  return { inputTokens, outputTokens, ...parts, ...(lines.length > 0 ? { fees: lines } : {}) };
}
