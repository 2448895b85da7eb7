import { InvalidOptionError, type CheckpointStore } from "@wflo/core";
import { threadOf } from "../saver/thread-config.ts";

/** Copies a thread, see `WfloSaver.copyThread`. */
export async function copyTo(
  store: CheckpointStore,
  tenant: string,
  copy: {
    readonly sourceThreadId: string;
    readonly targetThreadId: string;
    readonly replace?: boolean | undefined;
  },
): Promise<void> {
  const { sourceThreadId, targetThreadId, replace = false } = copy;
  const [from, to] = [threadOf(sourceThreadId), threadOf(targetThreadId)];
  if (from === to) {
    throw new InvalidOptionError(
      `The thread ${sourceThreadId} cannot be copied onto itself: name another one.`,
    );
  }
  const { code } = await store.copyThread(tenant, { from, to, replaces: replace });
  switch (code) {
    case "copied":
      return;
    case "missing":
      throw new InvalidOptionError(`There is no thread ${sourceThreadId} to copy: it has no checkpoint.`);
    case "taken":
      throw new InvalidOptionError(
        `The thread ${targetThreadId} has checkpoints already: copy to another one, delete it first, or pass { replace: true } to lose them.`,
      );
  }
}
