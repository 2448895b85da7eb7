import { isUsage, type SideUsage, type Usage } from "./usage.ts";

/** A usage as a receipt keeps it. */
export interface UsageInReceipt {
  /** All counts of the call together, for people and sums. */
  readonly usage: Usage | undefined;
  /** Of several requests or models: what each used, to be priced again; the first is the answer's own. */
  readonly usages?: readonly SideUsage[];
}

/** A copy for a receipt: a caller's usage may be any object, and may change later. */
export function usageInReceipt(usage: Usage | undefined): UsageInReceipt {
  if (typeof usage !== "object" || usage === null) return { usage: undefined };
  if (!isUsage(usage) || usage.others === undefined || usage.others.length === 0)
    return { usage: copyOf(usage) };
  const usages = flat({ usage });
  return { usage: totalOf(usages.map((side) => side.usage)), usages };
}

/** The usage that a receipt keeps; undefined where it has none that can be priced. */
export function usageOfReceipt(receipt: Readonly<Record<string, unknown>>): Usage | undefined {
  const { usage, usages } = receipt;
  if (!Array.isArray(usages)) return isUsage(usage) ? usage : undefined;
  const [main, ...others] = usages as readonly SideUsage[];
  const whole = { ...main?.usage, others };
  return isUsage(whole) ? whole : undefined;
}

function flat({ model, usage }: SideUsage): readonly SideUsage[] {
  const of = model === undefined ? {} : { model };
  return [
    { ...of, usage: copyOf(usage) },
    ...(usage.others ?? []).flatMap((side) => flat({ ...of, ...side })),
  ];
}

/** Without the work of others. */
function copyOf(usage: Usage): Usage {
  const counts = Object.entries(usage).filter(([, value]) => typeof value === "number" || value === true);
  const { fees, modifiers } = usage;
  return {
    ...(Object.fromEntries(counts) as unknown as Usage),
    ...(Array.isArray(fees) ? { fees: fees.map(({ meter, count }) => ({ meter, count })) } : {}),
    ...(Array.isArray(modifiers) ? { modifiers: [...(modifiers as string[])] } : {}),
  };
}

function totalOf(usages: readonly Usage[]): Usage {
  const sums: Record<string, number> = {};
  for (const usage of usages)
    for (const [name, count] of Object.entries(usage))
      if (typeof count === "number") sums[name] = (sums[name] ?? 0) + count;
  const fees = usages.flatMap(({ fees: own = [] }) => own);
  return { inputTokens: 0, outputTokens: 0, ...sums, ...(fees.length > 0 ? { fees } : {}) };
}
