import type { ReserveRequest } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** A reserve as the functions of the schema take it. */
export interface ReserveArgs {
  readonly tenant: string;
  readonly callId: string;
  readonly budgetIds: readonly string[];
  readonly bound: bigint;
  readonly need: bigint;
  readonly target: bigint;
  readonly share: number;
  readonly ttlMs: number;
  readonly epoch: number | null;
  readonly replaces: string | null;
  readonly runId: string | null;
  /** Step, agent, checkpoint, thread. */
  readonly labels: readonly (string | null)[];
  readonly provider: string;
  readonly model: string;
}

/** Throws `InvalidOptionError` for ids that the database cannot keep. */
export function reserveArgs(request: ReserveRequest): ReserveArgs {
  const { runId, step, agent, checkpointId, thread, provider, model } = request.label;
  const { replaces } = request;
  return {
    tenant: keyOf("tenant", request.tenant),
    callId: uuidOf("call id", request.callId),
    budgetIds: [...new Set(request.budgetIds)].map((id) => keyOf("budget id", id)),
    bound: request.boundNanoUsd,
    need: request.needNanoUsd,
    target: request.targetNanoUsd,
    share: Math.max(1, Math.floor(request.share)),
    ttlMs: Math.round(request.ttlMs),
    epoch: request.epoch ?? null,
    replaces: replaces !== undefined && isUuid(replaces) ? replaces : null,
    runId: runId === undefined ? null : uuidOf("run id", runId),
    labels: [step, agent, checkpointId, thread].map((text) => (text === undefined ? null : cleanText(text))),
    provider: cleanText(provider),
    model: cleanText(model),
  };
}

/** In the order of the parameters of `wflo.reserve`. */
export function argsOfOne(args: ReserveArgs): readonly unknown[] {
  const { tenant, callId, budgetIds, bound, need, target, share, ttlMs, epoch, replaces, runId, labels } =
    args;
  const amounts = [bound, need, target, share, ttlMs];
  return [
    tenant,
    callId,
    budgetIds,
    ...amounts,
    epoch,
    replaces,
    runId,
    ...labels,
    args.provider,
    args.model,
  ];
}

/** In the order of the parameters of `wflo.reserve_many`; all of one tenant. `early`: the commit need not wait for the disk. */
export function argsOfMany(calls: readonly ReserveArgs[], early: boolean): readonly unknown[] {
  const column = <T>(of: (args: ReserveArgs) => T): readonly T[] => calls.map(of);
  const owned = calls.flatMap(({ budgetIds }, at) => budgetIds.map((id) => ({ owner: at + 1, id })));
  return [
    calls[0]?.tenant,
    column(({ callId }) => callId),
    owned.map(({ owner }) => owner),
    owned.map(({ id }) => id),
    column(({ bound }) => bound),
    column(({ need }) => need),
    column(({ target }) => target),
    column(({ share }) => share),
    column(({ ttlMs }) => ttlMs),
    column(({ epoch }) => epoch),
    column(({ runId }) => runId),
    ...[0, 1, 2, 3].map((label) => column(({ labels }) => labels[label] ?? null)),
    column(({ provider }) => provider),
    column(({ model }) => model),
    early,
  ];
}
