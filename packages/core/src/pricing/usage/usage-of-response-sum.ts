import { isUsage, type SideUsage, type Usage } from "./usage.ts";

type Counts = Exclude<keyof Usage, "fees" | "modifiers" | "others">;

/**
 * The usages of several requests together; undefined when one of them is none. `contextTokens` is the longest of them, since prices
 * depend on the length of each.
 */
export function sumOfUsages(usages: readonly unknown[]): Usage | undefined {
  const counts: Partial<Record<Counts, number>> = {};
  const fees = new Map<string, number>();
  const modifiers = new Set<string>();
  const others: SideUsage[] = [];
  let longest = 0;
  for (const usage of usages) {
    if (!isUsage(usage)) return undefined;
    for (const [name, count] of Object.entries(usage) as [Counts, number][])
      if (typeof count === "number") counts[name] = (counts[name] ?? 0) + count;
    for (const { meter, count } of usage.fees ?? []) fees.set(meter, (fees.get(meter) ?? 0) + count);
    for (const modifier of usage.modifiers ?? []) modifiers.add(modifier);
    others.push(...(usage.others ?? []));
    longest = Math.max(longest, usage.contextTokens ?? usage.inputTokens);
  }
  const { inputTokens = 0, outputTokens = 0, contextTokens: _, ...parts } = counts;
  const lines = [...fees].map(([meter, count]) => ({ meter, count }));
  return {
    inputTokens,
    outputTokens,
    ...parts,
    ...(longest < inputTokens ? { contextTokens: longest } : {}),
    ...(lines.length > 0 ? { fees: lines } : {}),
    ...(modifiers.size > 0 ? { modifiers: [...modifiers] } : {}),
    ...(others.length > 0 ? { others } : {}),
  };
}
