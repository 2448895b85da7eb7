import { WfloError } from "./wflo-error.ts";

/** The run is being executed by a process that still shows signs of life. */
export class RunAliveError extends WfloError {
  readonly runId: string;

  constructor(runId: string, heartbeatAgoMs: number) {
    super(
      "WFLO_RUN_ALIVE",
      `Run ${runId} is running: its process was alive ${Math.round(heartbeatAgoMs / 1000)} s ago. Wait, or take it over with ` +
        `resume(runId, { takeOver: true }); the other process is then refused any further results and calls.`,
    );
    this.runId = runId;
  }
}
