import { formatUsd } from "../money/money.ts";
import { WfloError } from "./wflo-error.ts";

/** A streamed answer grew past what was held for it, and was cut: its provider did not keep to the output cap, or `hold` was too small. */
export class HoldExceededError extends WfloError {
  readonly status = 402;
  readonly isRetryable = false;

  constructor(provider: string, model: string, heldNanoUsd: bigint) {
    super(
      "WFLO_HOLD_EXCEEDED",
      `The answer of ${provider}/${model} grew past the ${formatUsd(heldNanoUsd)} held for it and was cut. ` +
        "Raise hold, or set an output cap that the provider keeps to.",
    );
  }
}
