import { WfloError } from "./wflo-error.ts";

/** There is no such checkpoint on the branch that a run or thread is on. */
export class UnknownCheckpointError extends WfloError {
  /** The run or thread. */
  readonly of: string;

  constructor(of: string, which: string) {
    super(
      "WFLO_UNKNOWN_CHECKPOINT",
      `${of} has no checkpoint ${which} on its branch. wflo.checkpoints.list("${of}") shows those there are.`,
    );
    this.of = of;
  }
}
