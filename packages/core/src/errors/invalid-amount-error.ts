import { WfloError } from "./wflo-error.ts";

/** An amount of money that cannot be read exactly: negative, not finite, more than 9 decimals, or absurdly large. */
export class InvalidAmountError extends WfloError {
  constructor(amount: string, reason: string) {
    super("WFLO_INVALID_AMOUNT", `"${amount}" is not an amount of money: ${reason}.`);
  }
}
