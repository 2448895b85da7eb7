import { WfloError } from "./wflo-error.ts";

/** A wrapped model was called with no wflo to account for it. Nothing was sent. */
export class NoClientError extends WfloError {
  readonly isRetryable = false;

  constructor() {
    super(
      "WFLO_NO_CLIENT",
      "This call has no wflo to account for it. Pass { wflo } to the wrapper, call it inside wflo.run or a workflow, or give " +
        'the wrapper a budget of its own: { budget: "1.00" }.',
    );
  }
}
