import { InvalidAmountError } from "../errors/invalid-amount-error.ts";

/** What is accepted wherever an amount is asked for: `usd("5.00")`, `"5.00"`, or `5`. Unit: US dollars. */
export type MoneyInput = Money | string | number;

const NANO_PER_USD = 1_000_000_000n;
const DECIMALS = 9;

/** The largest amount a ledger column holds: $9,223,372,036.854775807 (a signed 64-bit count of nano-dollars). */
export const MAX_NANO_USD = 9_223_372_036_854_775_807n;

const DECIMAL = /^(\d{1,32})(?:\.(\d{1,32}))?$/;
const EXPONENT = /^(\d+)(?:\.(\d+))?e([+-]\d{1,3})$/i;

/** An exact, non-negative amount of US dollars, kept as an integer count of nano-dollars (9 decimals). Immutable. */
export class Money {
  readonly nanoUsd: bigint;

  /** Use `usd(...)`. Throws `InvalidAmountError` outside 0 … $9,223,372,036.854775807. */
  constructor(nanoUsd: bigint) {
    if (nanoUsd < 0n || nanoUsd > MAX_NANO_USD) {
      throw new InvalidAmountError(`${formatUsd(nanoUsd)}`, "it must lie between $0 and $9,223,372,036.85");
    }
    this.nanoUsd = nanoUsd;
  }

  /** The sum. Throws `InvalidAmountError` past the largest amount. */
  plus(other: MoneyInput): Money {
    return new Money(this.nanoUsd + usd(other).nanoUsd);
  }

  /** The difference. Throws `InvalidAmountError` below zero. */
  minus(other: MoneyInput): Money {
    return new Money(this.nanoUsd - usd(other).nanoUsd);
  }

  /** -1, 0 or 1, as a sort function wants it. */
  compare(other: MoneyInput): -1 | 0 | 1 {
    const theirs = usd(other).nanoUsd;
    if (this.nanoUsd === theirs) return 0;
    return this.nanoUsd < theirs ? -1 : 1;
  }

  equals(other: MoneyInput): boolean {
    return this.compare(other) === 0;
  }

  /** The shortest exact decimal text with at least two decimals: `"5.00"`, `"0.0001468"`. */
  toString(): string {
    return decimalUsd(this.nanoUsd);
  }

  /** The same text, so that money survives JSON without a float. */
  toJSON(): string {
    return this.toString();
  }
}

/**
 * Reads an amount of US dollars. Strings are decimals (`"5"`, `"5.00"`); numbers are read through their shortest
 * decimal text, so `usd(5.1)` is exactly $5.10.
 * Throws `InvalidAmountError` for negative, NaN or infinite amounts, for more than 9 decimals, and above $9.2 billion.
 */
export function usd(amount: MoneyInput): Money {
  if (amount instanceof Money) return amount;
  if (typeof amount !== "string" && typeof amount !== "number") {
    throw new InvalidAmountError(String(amount), 'write a decimal string such as "5.00", or a number');
  }
  if (typeof amount === "number" && !Number.isFinite(amount)) {
    throw new InvalidAmountError(String(amount), "it must be a finite number");
  }
  return new Money(nanoUsdOfDecimal(String(amount).trim()));
}

function nanoUsdOfDecimal(text: string): bigint {
  if (text.startsWith("-")) throw new InvalidAmountError(text, "it must not be negative");
  const plain = EXPONENT.test(text) ? expand(text) : text;
  const match = DECIMAL.exec(plain);
  if (!match) throw new InvalidAmountError(text, 'write a decimal number of dollars such as "5.00"');
  const [, whole = "0", rawFraction = ""] = match;
  const fraction = rawFraction.replace(/0+$/, "");
  if (fraction.length > 9) {
    throw new InvalidAmountError(text, "wflo counts in billionths of a dollar: give at most 9 decimals");
  }
  return BigInt(whole) * NANO_PER_USD + BigInt(fraction.padEnd(9, "0"));
}

/** `1e-7` (how JavaScript prints small numbers) as `0.0000001`. */
function expand(text: string): string {
  const [, whole = "", fraction = "", exponentText = "0"] = EXPONENT.exec(text) ?? [];
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The shortest exact decimal text of a count of nano-dollars, with at least two decimals and no sign of dollars. */
export function decimalUsd(nanoUsd: bigint): string {
  if (nanoUsd === 0n) return "0.00";
  const sign = nanoUsd < 0n ? "-" : "";
  const digits = (nanoUsd < 0n ? -nanoUsd : nanoUsd).toString().padStart(DECIMALS + 1, "0");
  const point = digits.length - DECIMALS;
  let end = digits.length;
  while (end > point + 2 && digits[end - 1] === "0") end -= 1;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point, end)}`;
}

/** For sentences: `$5.00`, `$0.0001468`. Exact. */
export function formatUsd(nanoUsd: bigint): string {
  return nanoUsd < 0n ? `-$${decimalUsd(-nanoUsd)}` : `$${decimalUsd(nanoUsd)}`;
}
