import { WfloError } from "./wflo-error.ts";

/** A checkpoint is there but cannot be read. */
export class UnreadableCheckpointError extends WfloError {
  readonly checkpointId: string;

  constructor(checkpointId: string, why: string) {
    super(
      "WFLO_UNREADABLE_CHECKPOINT",
      `Checkpoint ${checkpointId} cannot be read: ${why}. wflo.checkpoints.list() shows the others.`,
    );
    this.checkpointId = checkpointId;
  }
}
