import type { ReserveRequest } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** A reserve as the functions of the schema take it. */
export interface ReserveArgs {
  readonly tenant: string;
  readonly callId: string;
  readonly budgetIds: readonly string[];
  readonly inherited: readonly string[];
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
    callId: uuidOf("call id", request.callId).toLowerCase(),
    budgetIds: [...new Set(request.budgetIds)].map((id) => keyOf("budget id", id)),
    inherited: (request.inherited ?? []).map((id) => keyOf("budget id", id)),
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
  const { tenant, callId, budgetIds, inherited, bound, need, target, share, ttlMs } = args;
  const { epoch, replaces, runId, labels } = args;
  const amounts = [bound, need, target, share, ttlMs];
  return [
    tenant,
    callId,
    budgetIds,
    inherited,
    ...amounts,
    epoch,
    replaces,
    runId,
    ...labels,
    args.provider,
    args.model,
  ];
}

/** In the order of the parameters of `wflo.settle_and_reserve`; all of one tenant. Calls with the same budgets share a set of them. */
export function argsOfMany(
  tenant: string,
  settlements: string,
  calls: readonly ReserveArgs[],
): readonly unknown[] {
  const column = <T>(of: (args: ReserveArgs) => T): readonly T[] => calls.map(of);
  const sets = new Map<string, { readonly number: number } & Pick<ReserveArgs, "budgetIds" | "inherited">>();
  const ofs = calls.map(({ budgetIds, inherited }) => {
    const key = [...budgetIds, "", ...inherited].join("\u0000");
    const set = sets.get(key) ?? { number: sets.size + 1, budgetIds, inherited };
    sets.set(key, set);
    return set.number;
  });
  const owned = [...sets.values()].flatMap(({ number, budgetIds: ids, inherited }) =>
    (ids.length === 0 ? [null] : ids).map((id) => ({
      number,
      id,
      isInherited: id !== null && inherited.includes(id),
    })),
  );
  return [
    tenant,
    settlements,
    owned.map(({ number }) => number),
    owned.map(({ id }) => id),
    owned.map(({ isInherited }) => isInherited),
    column(({ callId }) => callId),
    ofs,
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
  ];
}
