import { WfloError } from "./wflo-error.ts";

/** A run waits for an answer from outside, such as a person's decision. It is paused; what is done is saved. */
export class RunInterruptedError extends WfloError {
  readonly runId: string;
  /** What it asks, in the words of whoever interrupted it. */
  readonly interrupts: readonly unknown[];
  readonly isRetryable = false;

  constructor(runId: string, interrupts: readonly unknown[]) {
    super(
      "WFLO_RUN_INTERRUPTED",
      `Run ${runId} waits for an answer. Go on with it by resume("${runId}", { answer }).`,
    );
    this.runId = runId;
    this.interrupts = interrupts;
  }
}
