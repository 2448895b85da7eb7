import { isUsage, type Usage } from "./usage.ts";

/** A usage as a receipt keeps it, to be priced again: a caller's may be any object, and may change later. */
export function usageInReceipt(usage: Usage | undefined): Usage | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const counts = Object.entries(usage).filter(([, value]) => typeof value === "number");
  const { fees, modifiers, others } = usage;
  return {
    ...(Object.fromEntries(counts) as unknown as Usage),
    ...(Array.isArray(fees) ? { fees: fees.map(({ meter, count }) => ({ meter, count })) } : {}),
    ...(Array.isArray(modifiers) ? { modifiers: [...(modifiers as string[])] } : {}),
    ...(isUsage(usage) && others ? { others: others.map((side) => sideInReceipt(side)) } : {}),
  };
}

function sideInReceipt({ model, usage }: NonNullable<Usage["others"]>[number]) {
  return {
    ...(model === undefined ? {} : { model }),
    usage: usageInReceipt(usage) ?? { inputTokens: 0, outputTokens: 0 },
  };
}
