import { WfloError } from "@wflo/core";

/** Where a value stands that cannot be read. */
export interface ChannelPlace {
  readonly threadId: string;
  readonly checkpointId: string;
  readonly channel: string;
}

/** The serializer refused what is stored of a channel: its key is another, or something else wrote it. Its own error is the cause. */
export class UnreadableChannelError extends WfloError {
  readonly threadId: string;
  readonly checkpointId: string;
  readonly channel: string;

  constructor({ threadId, checkpointId, channel }: ChannelPlace, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      "WFLO_UNREADABLE_CHANNEL",
      `Channel ${channel} of thread ${threadId} cannot be read at checkpoint ${checkpointId}: ${why}`,
      { cause },
    );
    this.threadId = threadId;
    this.checkpointId = checkpointId;
    this.channel = channel;
  }
}
