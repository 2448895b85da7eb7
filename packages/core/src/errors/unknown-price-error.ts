import { WfloError } from "./wflo-error.ts";

/** The price of a call cannot be known, so no budget can bound it. Nothing was sent. */
export class UnknownPriceError extends WfloError {
  readonly provider: string;
  readonly model: string;
  readonly isRetryable = false;

  constructor(provider: string, model: string, reason: string, fix: string) {
    super(
      "WFLO_UNKNOWN_PRICE",
      `The price of ${provider}/${model} is unknown: ${reason}. ${fix} Or allow unpriced calls with onUnknownPrice: "allow".`,
    );
    this.provider = provider;
    this.model = model;
  }
}
