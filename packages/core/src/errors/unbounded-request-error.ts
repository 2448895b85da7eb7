import { WfloError } from "./wflo-error.ts";

/** The most that a request may cost cannot be bounded before it is sent. Nothing was sent. */
export class UnboundedRequestError extends WfloError {
  readonly isRetryable = false;

  /** `bound`: an option of the request itself that would bound it. */
  constructor(what: string, bound?: string) {
    const other = bound === undefined ? "" : `${bound} in the request, or `;
    super(
      "WFLO_UNBOUNDED_REQUEST",
      `No upper bound on the cost of this request is known: ${what}. Set ${other}the option hold to the amount to reserve for such a ` +
        `call, for instance hold: "0.50".`,
    );
  }
}
