/** An exact rational of its own, sharing no line with the code it judges. Denominators are positive. */
export class Fraction {
  readonly top: bigint;
  readonly bottom: bigint;

  constructor(top: bigint, bottom = 1n) {
    this.top = top;
    this.bottom = bottom;
  }

  /** Reads a decimal text, with or without an exponent. */
  static ofDecimal(text: string): Fraction {
    const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
    const [whole = "", decimals = ""] = mantissa.split(".");
    const shift = decimals.length - Number(exponent);
    const digits = BigInt(whole + decimals);
    return shift >= 0
      ? new Fraction(digits, 10n ** BigInt(shift))
      : new Fraction(digits * 10n ** BigInt(-shift));
  }

  plus(other: Fraction): Fraction {
    return this.bottom === other.bottom
      ? new Fraction(this.top + other.top, this.bottom)
      : new Fraction(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.top * other.top, this.bottom * other.bottom);
  }

  isAbove(other: Fraction): boolean {
    return this.top * other.bottom > other.top * this.bottom;
  }

  get isWhole(): boolean {
    return this.top % this.bottom === 0n;
  }

  /** The smallest integer not below it, for fractions from 0 on. */
  get ceiling(): bigint {
    const whole = this.top / this.bottom;
    return whole * this.bottom === this.top ? whole : whole + 1n;
  }
}
