import { WfloError } from "@wflo/core";

/** A call that nothing can bound or count before it is made, such as a session in real time. Nothing was sent. */
export class UnmeterableCallError extends WfloError {
  readonly provider: string;
  readonly isRetryable = false;

  constructor(provider: string, what: string) {
    super(
      "WFLO_UNMETERABLE_CALL",
      `wflo cannot count ${what} of ${provider}: it was not called. Pass hold, the most that one such call may cost ` +
        '(meter(provider, { hold: "0.50" })), to have each charged that much, or use the provider as it is, without meter().',
    );
    this.provider = provider;
  }
}
