import { WfloError } from "./wflo-error.ts";

/** A call id was used again: for another request, or after its call was closed. Nothing was sent. */
export class CallConflictError extends WfloError {
  readonly callId: string;
  readonly isRetryable = false;

  constructor(callId: string, what: string) {
    super(
      "WFLO_CALL_CONFLICT",
      `Call id ${callId} ${what}. Give every attempt an id of its own, or leave callId out.`,
    );
    this.callId = callId;
  }
}
