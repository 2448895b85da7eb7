import { WfloError } from "./wflo-error.ts";

/** There is no run with this id in this tenant. */
export class UnknownRunError extends WfloError {
  readonly runId: string;

  constructor(runId: string) {
    super("WFLO_UNKNOWN_RUN", `There is no run ${runId}. wflo.runs.list() shows those there are.`);
    this.runId = runId;
  }
}
