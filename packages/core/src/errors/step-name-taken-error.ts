import { WfloError } from "./wflo-error.ts";

/** Two steps of one execution have the same identity, so a saved result could be mistaken for another's. */
export class StepNameTakenError extends WfloError {
  constructor(path: string) {
    super(
      "WFLO_STEP_NAME_TAKEN",
      `Step ${path} was already used in this run. In a loop give each its key: run.step({ name, key: index }, fn).`,
    );
  }
}
