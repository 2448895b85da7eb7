const PICO_PER_NANO = 1_000n;

/** Pico-dollars to nano-dollars, upwards: the one rounding of a call's cost, at most a nano-dollar against the budget. */
export function nanoUsdFromPico(picoUsd: bigint): bigint {
  return divideUp(picoUsd, PICO_PER_NANO);
}

/** `a / b` upwards, for a >= 0 and b > 0. */
export function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** `a / b` downwards, for a >= 0 and b > 0: how many whole units an amount buys. */
export function divideDown(a: bigint, b: bigint): bigint {
  return a / b;
}
