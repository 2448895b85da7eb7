import { usd, type MoneyInput } from "../../money/money.ts";
import { divideUp } from "../../money/rounding.ts";

const PLAIN = /^(\d+)(?:\.(\d+))?$/;
const EXPONENT = /^(\d)(?:\.(\d+))?e-(\d+)$/;

/**
 * Dollars per million tokens, as a JavaScript number of a price catalogue, to whole pico-dollars per token.
 * The number is read through its shortest decimal text, so `0.0028` is exactly 2,800; past 6 decimals it
 * rounds up (`0.18000000000000002` is 180,001). Undefined for negative and non-finite numbers.
 */
export function picoUsdOfCatalogueNumber(dollarsPerMillion: number): bigint | undefined {
  const text = String(dollarsPerMillion);
  const plain = PLAIN.exec(text);
  if (plain) return picoOfDigits(plain[1] ?? "", plain[2] ?? "");
  const small = EXPONENT.exec(text);
  if (!small) return undefined;
  const zeros = "0".repeat(Number(small[3]) - 1);
  return picoOfDigits("0", `${zeros}${small[1] ?? ""}${small[2] ?? ""}`);
}

/**
 * The same for an amount of money that a person gave; past 6 decimals it rounds up. Throws
 * `InvalidAmountError`.
 */
export function picoUsdPerToken(dollarsPerMillion: MoneyInput): bigint {
  return divideUp(usd(dollarsPerMillion).nanoUsd, 1_000n);
}

/** Dollars a piece to pico-dollars. Exact. Throws `InvalidAmountError`. */
export function picoUsdPerPiece(dollars: MoneyInput): bigint {
  return usd(dollars).nanoUsd * 1_000n;
}

function picoOfDigits(whole: string, fraction: string): bigint {
  const roundUp = /[1-9]/.test(fraction.slice(6)) ? 1n : 0n;
  return BigInt(whole) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0")) + roundUp;
}
