import { WfloError } from "./wflo-error.ts";

/** A run cannot be rolled back while steps run beside the one that asks: their results would belong to no branch. */
export class StepsRunningError extends WfloError {
  readonly steps: readonly string[];

  constructor(runId: string, steps: readonly string[]) {
    super(
      "WFLO_STEPS_RUNNING",
      `Run ${runId} cannot be rolled back while other steps are running (${steps.slice(0, 5).join(", ")}${steps.length > 5 ? ", …" : ""}). ` +
        "Await them first.",
    );
    this.steps = steps;
  }
}
