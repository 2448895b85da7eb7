import { WfloError } from "./wflo-error.ts";

/** A list of prices that cannot be used: damaged, not whole, older than the one in use. The one in use stays. */
export class InvalidPriceListError extends WfloError {
  readonly from: string;
  readonly reason: string;
  /** True: it is whole, and older than the one in use. */
  readonly isOlder: boolean;

  constructor(from: string, reason: string, isOlder = false) {
    super(
      "WFLO_INVALID_PRICE_LIST",
      `The price list ${from} is not used: ${reason}. Prices stay as they are; mend the list, or take it out of prices.update.`,
    );
    this.from = from;
    this.reason = reason;
    this.isOlder = isOlder;
  }
}
