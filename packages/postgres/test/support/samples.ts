import type { CheckpointPut, Element, NewRun, ReserveRequest, Settlement, StepCommit } from "@wflo/core";

let counter = 0;

/** An id of version 7 that ascends. */
export function newId(): string {
  counter += 1;
  const time = Date.now().toString(16).padStart(12, "0");
  const count = counter.toString(16).padStart(8, "0");
  const tail = crypto.randomUUID().slice(28);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count.slice(0, 3)}-8${count.slice(3, 6)}-${count.slice(6)}00${tail}`;
}

/** A reserve of exactly `amount` nano-dollars, or what is changed of it. */
export function asks(
  budgetIds: readonly string[],
  amount: bigint,
  changes: Partial<ReserveRequest> = {},
): ReserveRequest {
  return {
    tenant: "t",
    callId: newId(),
    budgetIds,
    boundNanoUsd: amount,
    needNanoUsd: amount,
    targetNanoUsd: amount,
    share: 1,
    ttlMs: 60_000,
    label: { provider: "openai", model: "gpt-test" },
    ...changes,
  };
}

/** A settle of a call, or what is changed of it. */
export function bills(
  callId: string,
  costNanoUsd: bigint | undefined,
  changes: Partial<Settlement> = {},
): Settlement {
  return { callId, settlementId: newId(), kind: "settle", costNanoUsd, receipt: {}, ...changes };
}

/** A run that no budget limits, or what is changed of it. */
export function starts(id: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    id,
    workflow: "w",
    input: "1",
    budgetIds: [],
    tags: [],
    traceId: "0af7651916cd43dd8448eb211c80319c",
    threadId: id,
    ...changes,
  };
}

/** A step of the first epoch that is over, or what is changed of it. */
export function saves(runId: string, changes: Partial<StepCommit> = {}): StepCommit {
  return {
    tenant: "t",
    runId,
    epoch: 1,
    path: "s",
    checkpointId: undefined,
    result: "1",
    tookMs: 5,
    settlements: [],
    ...changes,
  };
}

/** A checkpoint of no state, or what is changed of it. */
export function puts(
  thread: string,
  id: string,
  changes: Partial<CheckpointPut["checkpoint"]> & { readonly elements?: readonly Element[] } = {},
): CheckpointPut {
  const { elements = [], ...checkpoint } = changes;
  return {
    tenant: "t",
    checkpoint: {
      thread,
      namespace: "",
      id,
      parentId: undefined,
      kind: "save",
      name: "state",
      step: undefined,
      manifest: "{}",
      pieces: [],
      metadata: "{}",
      ...checkpoint,
    },
    elements,
    threadEpoch: undefined,
  };
}
