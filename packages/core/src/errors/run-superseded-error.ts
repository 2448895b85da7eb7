import { WfloError } from "./wflo-error.ts";

/** Another process resumed this run: this one may no longer save results or start calls. */
export class RunSupersededError extends WfloError {
  readonly runId: string;
  readonly isRetryable = false;

  constructor(runId: string) {
    super("WFLO_RUN_SUPERSEDED", `Run ${runId} was taken over by another process; this one stops here.`);
    this.runId = runId;
  }
}
