import { WfloError } from "./wflo-error.ts";

/** A call or step came after the function of its run had returned. Nothing was sent. */
export class RunOverError extends WfloError {
  readonly runId: string;
  readonly isRetryable = false;

  constructor(runId: string) {
    super(
      "WFLO_RUN_OVER",
      `Run ${runId} is over: this call or step came after its function had returned. Await everything inside the run.`,
    );
    this.runId = runId;
  }
}
