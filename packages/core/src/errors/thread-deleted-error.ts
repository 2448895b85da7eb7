import { WfloError } from "./wflo-error.ts";

/** A thread was deleted while somebody still wrote to it; what came after the delete is not saved. */
export class ThreadDeletedError extends WfloError {
  readonly thread: string;

  constructor(thread: string) {
    super(
      "WFLO_THREAD_DELETED",
      `The thread ${thread} was deleted while this run was under way: what the run did since is not saved. Start it anew if it is wanted.`,
    );
    this.thread = thread;
  }
}
