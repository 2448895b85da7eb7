import { nanoUsdFromPico, divideUp } from "../../money/rounding.ts";

/** So many of a meter, at so many pico-dollars for each `per` of them (default 1). */
export interface CostLine {
  readonly meter: string;
  readonly count: number;
  readonly picoUsd: bigint;
  readonly per?: bigint;
  /** The model that it was for, where that is another than the answer's. */
  readonly model?: string;
}

/** An amount that is known: exact in pico-dollars, rounded up once to the nano-dollars of the ledger. */
export interface KnownCost {
  readonly kind: "known";
  readonly picoUsd: bigint;
  readonly nanoUsd: bigint;
  readonly lines: readonly CostLine[];
}

/** What a call cost. `missing` names what was used beyond the amount without a price. */
export type Cost =
  | KnownCost
  | (Omit<KnownCost, "kind"> & { readonly kind: "lowerBound"; readonly missing: readonly string[] })
  | { readonly kind: "unknown"; readonly reason: string };

/** The sum of lines, less than all where something is missing. */
export function costOfLines(
  lines: readonly CostLine[],
  missing: readonly string[] = [],
): Exclude<Cost, { kind: "unknown" }> {
  const picoUsd = lines.reduce((sum, line) => sum + picoUsdOfLine(line), 0n);
  const amount = { picoUsd, nanoUsd: nanoUsdFromPico(picoUsd), lines };
  return missing.length === 0 ? { kind: "known", ...amount } : { kind: "lowerBound", ...amount, missing };
}

/** Upwards to a whole pico-dollar, where a price is for several pieces. */
export function picoUsdOfLine({ count, picoUsd, per = 1n }: CostLine): bigint {
  return per === 1n ? picoUsd * BigInt(count) : divideUp(picoUsd * BigInt(count), per);
}

/** The shortest exact decimal text of pico-dollars: `0.0000013875`, `0`. */
export function decimalOfPico(picoUsd: bigint): string {
  const digits = picoUsd.toString().padStart(13, "0");
  const fraction = digits.slice(-12).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -12) : `${digits.slice(0, -12)}.${fraction}`;
}
