import { WfloError } from "@wflo/core";

/** What a run goes on from was pruned while it was under way, and a delta channel can only be made of it; nothing was saved. */
export class ParentGoneError extends WfloError {
  /** The id of the checkpoint that is gone. */
  readonly checkpointId: string;

  constructor(checkpointId: string, channel: string) {
    super(
      "WFLO_PARENT_GONE",
      `The checkpoint ${checkpointId} that this run goes on from was pruned, deleted or has expired, and with it the writes that the ` +
        `delta channel ${channel} is made of: what the run did since is not saved. Run it again from a checkpoint that is there.`,
    );
    this.checkpointId = checkpointId;
  }
}
