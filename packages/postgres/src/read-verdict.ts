import type { ReserveVerdict, SettleVerdict } from "@wflo/core";
import { readWarnings, type WarningJson } from "./read-warnings.ts";
import { readWindow, type WindowJson } from "./read-window.ts";

/** A verdict of `wflo.reserve`; money as text. */
export type ReserveJson =
  | { readonly code: "granted"; readonly amount: string; readonly windows: readonly WindowJson[] }
  | { readonly code: "replay"; readonly amount: string }
  | { readonly code: "exhausted" | "held"; readonly window: WindowJson }
  | Extract<
      ReserveVerdict,
      { readonly code: "closed" | "conflict" | "paused" | "missing" | "incomplete" | "superseded" }
    >;

/** A verdict of `wflo.settle_all` or `wflo.correct`; money as text. */
export interface SettleJson {
  readonly callId: string;
  readonly code: SettleVerdict["code"];
  readonly charged: string;
  readonly overrun: string;
  readonly warnings?: readonly WarningJson[];
}

/** Reads the verdict of a reserve. */
export function readReserve(json: ReserveJson): ReserveVerdict {
  switch (json.code) {
    case "granted":
      return {
        code: json.code,
        amountNanoUsd: BigInt(json.amount),
        windows: json.windows.map(readWindow),
      };
    case "replay":
      return { code: json.code, amountNanoUsd: BigInt(json.amount) };
    case "exhausted":
    case "held":
      return { code: json.code, window: readWindow(json.window) };
    default:
      return json;
  }
}

/** Reads the verdict of a settle. The call id is the caller's, whose letters may be capitals. */
export function readSettle({ code, charged, overrun, warnings }: SettleJson, callId: string): SettleVerdict {
  const verdict = { callId, code, chargedNanoUsd: BigInt(charged), overrunNanoUsd: BigInt(overrun) };
  return warnings === undefined ? verdict : { ...verdict, warnings: readWarnings(warnings) };
}
