import { WfloError } from "./wflo-error.ts";

/** The run cannot be resumed as asked: it is completed, belongs to another workflow, or needs money elsewhere first. */
export class RunNotResumableError extends WfloError {
  readonly runId: string;

  constructor(runId: string, reason: string) {
    super("WFLO_RUN_NOT_RESUMABLE", `Run ${runId} cannot be resumed: ${reason}`);
    this.runId = runId;
  }
}
