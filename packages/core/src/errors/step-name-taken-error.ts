import { WfloError } from "./wflo-error.ts";

/** Two steps of one execution have the same identity, so a saved result could be mistaken for another's. */
export class StepNameTakenError extends WfloError {
  /** `isRunning`: the other one is not over. */
  constructor(path: string, isRunning: boolean) {
    const still = isRunning ? " and is still running: it can be tried again when it is over" : "";
    super(
      "WFLO_STEP_NAME_TAKEN",
      `Step ${path} was already used in this run${still}. In a loop give each its key: run.step({ name, key: index }, fn).`,
    );
  }
}
