import { divideDown } from "../money/rounding.ts";

/** What a call asks of one window. Amounts in nano-dollars. */
export interface HoldRequest {
  readonly boundNanoUsd: bigint;
  readonly needNanoUsd: bigint;
  readonly targetNanoUsd: bigint;
  readonly share: number;
}

/** A hold of the whole bound may take at most this part of what is free, so that strangers' calls are not starved. */
const PLENTY = 8n;

/**
 * The hold rule, the same in every store: how much a call gets over windows with these free amounts (nano-dollars,
 * `cap - spent - reserved`), or undefined when one of them has less than `need`.
 * While the bound is small beside what is free the bound is held whole; else a fair share, at least `need`, at most `target`.
 */
export function grantOf(request: HoldRequest, free: readonly bigint[]): bigint | undefined {
  const { boundNanoUsd: bound, needNanoUsd: need, targetNanoUsd: target } = request;
  const share = BigInt(Math.max(1, request.share));
  const divisor = share > PLENTY ? share : PLENTY;
  if (free.every((amount) => bound <= divideDown(max(amount, 0n), divisor))) return bound;
  let grant = bound;
  for (const amount of free) {
    const fair = min(bound, max(need, min(target, divideDown(max(amount, 0n), share))));
    if (fair > amount) return undefined;
    grant = min(grant, fair);
  }
  return grant;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
