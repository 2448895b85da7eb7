import { isUsage, type SideUsage, type Usage } from "./usage.ts";

type Counts = Exclude<keyof Usage, "fees" | "modifiers" | "others" | "isUnsplit">;

/** Requests of fewer input tokens cost the same by the token wherever a price for long ones is known. */
const SHORT_TOKENS = 100_000;

/**
 * The usages of several requests together; undefined when one of them is none. Those that may have prices of their own, since they
 * are long or were served at another speed, stay apart as `others`.
 */
export function sumOfUsages(usages: readonly unknown[]): Usage | undefined {
  const all = usages.filter((usage) => isUsage(usage));
  const [first] = all;
  if (all.length < usages.length) return undefined;
  if (first === undefined) return { inputTokens: 0, outputTokens: 0 };
  const tells = all.filter(({ inputTokens, outputTokens }) => inputTokens + outputTokens > 0);
  const isAlike =
    tells.every(({ inputTokens }) => inputTokens <= SHORT_TOKENS) &&
    new Set(tells.map(({ modifiers = [] }) => modifiers.toSorted().join())).size <= 1;
  if (tells.length < 2 || isAlike) return added(all);
  const [main, ...rest] = tells;
  // Fees that are told beside requests belong to none of them.
  const whole = added([...(main ? [main] : []), ...all.filter((usage) => !tells.includes(usage))]);
  return { ...whole, others: [...(whole.others ?? []), ...rest.map((usage) => ({ usage }))] };
}

function added(usages: readonly Usage[]): Usage {
  const counts: Partial<Record<Counts, number>> = {};
  const fees = new Map<string, number>();
  const modifiers = new Set<string>();
  const others: SideUsage[] = [];
  let isUnsplit = false;
  let longest = 0;
  for (const usage of usages) {
    for (const [name, count] of Object.entries(usage) as [Counts, number][])
      if (typeof count === "number") counts[name] = (counts[name] ?? 0) + count;
    for (const { meter, count } of usage.fees ?? []) fees.set(meter, (fees.get(meter) ?? 0) + count);
    for (const modifier of usage.modifiers ?? []) modifiers.add(modifier);
    others.push(...(usage.others ?? []));
    isUnsplit ||= usage.isUnsplit === true;
    longest = Math.max(longest, usage.contextTokens ?? usage.inputTokens);
  }
  const { inputTokens = 0, outputTokens = 0, contextTokens: _, ...parts } = counts;
  const lines = [...fees].map(([meter, count]) => ({ meter, count }));
  return {
    inputTokens,
    outputTokens,
    ...parts,
    ...(isUnsplit && longest > SHORT_TOKENS ? { isUnsplit } : {}),
    ...(longest < inputTokens ? { contextTokens: longest } : {}),
    ...(lines.length > 0 ? { fees: lines } : {}),
    ...(modifiers.size > 0 ? { modifiers: [...modifiers] } : {}),
    ...(others.length > 0 ? { others } : {}),
  };
}
