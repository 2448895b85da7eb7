import { WfloError } from "./wflo-error.ts";

/** An earlier call to this model was answered without usage, so spending can no longer be counted. Nothing was sent. */
export class MissingUsageError extends WfloError {
  readonly isRetryable = false;

  constructor(provider: string, model: string) {
    super(
      "WFLO_MISSING_USAGE",
      `${provider}/${model} answered an earlier call without usage; it was charged at its hold. Further calls of this process are refused for a minute: ` +
        `make the provider report usage, or accept charges at the hold with onMissingUsage: "allow".`,
    );
  }
}
