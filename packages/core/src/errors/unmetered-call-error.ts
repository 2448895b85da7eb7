import { WfloError } from "./wflo-error.ts";

/**
 * An earlier call through this wrapper was paid without a hold, so no budget bounds what the next one may cost. Nothing was
 * called.
 */
export class UnmeteredCallError extends WfloError {
  readonly provider: string;
  readonly model: string;
  readonly isRetryable = false;

  constructor(provider: string, model: string) {
    super(
      "WFLO_UNMETERED_CALL",
      `An earlier call through trackLlmCall (${provider}/${model}) was paid although nothing had been held for it: a wrapper ` +
        "cannot see the request, so no budget can bound the next one. Pass hold, the most that one call may cost " +
        '(hold: "0.05"), or wrap the client that the function calls with an adapter, or let calls pass the cap and be recorded ' +
        'only with mode: "record".',
    );
    this.provider = provider;
    this.model = model;
  }
}
