import type { CallLabel } from "@wflo/core";

/** A label as its columns are read. */
export interface LabelColumns {
  readonly runId: string | null;
  readonly step: string | null;
  readonly agent: string | null;
  readonly checkpointId: string | null;
  readonly thread: string | null;
  readonly provider: string;
  readonly model: string;
}

/** Reads a label; what is null is left out. */
export function readLabel(columns: LabelColumns): CallLabel {
  const { runId, step, agent, checkpointId, thread, provider, model } = columns;
  return {
    ...(runId !== null && { runId }),
    ...(step !== null && { step }),
    ...(agent !== null && { agent }),
    ...(checkpointId !== null && { checkpointId }),
    ...(thread !== null && { thread }),
    provider,
    model,
  };
}
