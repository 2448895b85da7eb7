import type { WfloError } from "@wflo/core";
import type { RefusalMetadata } from "../errors.ts";

/** Why an agent was stopped: the refusal's own sentence, or the user's with what is spent and the cap in it. */
export function abortReason(
  message: string | undefined,
  refusal: WfloError,
  { spent, cap }: RefusalMetadata,
): string {
  if (message === undefined || spent === undefined || cap === undefined) return refusal.message;
  return message.replaceAll("{usage}", () => spent).replaceAll("{limit}", () => cap);
}
