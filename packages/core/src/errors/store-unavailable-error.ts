import { WfloError } from "./wflo-error.ts";

/** The database cannot be reached or refused the work, so nothing can be promised and nothing was sent. */
export class StoreUnavailableError extends WfloError {
  readonly isRetryable = false;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("WFLO_STORE_UNAVAILABLE", message, options);
  }
}
