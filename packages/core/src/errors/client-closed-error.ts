import { WfloError } from "./wflo-error.ts";

/** The wflo client was closed. Nothing was sent. */
export class ClientClosedError extends WfloError {
  readonly isRetryable = false;

  constructor() {
    super("WFLO_CLIENT_CLOSED", "This wflo client is closed; make a new one with createWflo().");
  }
}
