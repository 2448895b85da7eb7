import { WfloError } from "@wflo/core";

/** A value of a channel cannot be saved; nothing of its checkpoint was. */
export class UnsavableChannelError extends WfloError {
  /** Where the value is: the channel, then keys and places. */
  readonly path: string;

  constructor(path: string, what: string, options?: ErrorOptions) {
    super("WFLO_UNSAVABLE_CHANNEL", `The state cannot be saved: ${path} ${what}.`, options);
    this.path = path;
  }
}
