import type { ReserveRequest } from "@wflo/core";
import { cleanText } from "./clean-text.ts";
import { keyOf } from "./key-of.ts";
import { isUuid, uuidOf } from "./uuid-of.ts";

/** A reserve as the functions of the schema take it. */
export interface ReserveArgs {
  readonly tenant: string;
  readonly callId: string;
  /** Nobody else can know its id. */
  readonly isNew: boolean;
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
    isNew: request.isNew === true,
    budgetIds: [...new Set(request.budgetIds)].map((id) => keyOf("budget id", id)),
    inherited: (request.inherited ?? []).map((id) => keyOf("budget id", id)),
    bound: request.boundNanoUsd,
    need: request.needNanoUsd,
    target: request.targetNanoUsd,
    share: Math.min(Math.max(1, Math.floor(request.share)) || 1, Number.MAX_SAFE_INTEGER),
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

/** The sets of budgets and the calls that ask for money on them, as `wflo.settle_and_reserve` takes them; calls with the same budgets share a set. */
export function argsOfMany(calls: readonly ReserveArgs[]): readonly [sets: string, asks: string] {
  const numbers = new Map<string, number>();
  const sets: { readonly ids: readonly string[]; readonly inherited: readonly string[] }[] = [];
  const asks = calls.map(({ callId, budgetIds: ids, inherited, runId, labels, ...args }) => {
    const key = [...ids, "", ...inherited].join("\u0000");
    const number = numbers.get(key) ?? sets.push({ ids, inherited });
    numbers.set(key, number);
    const [step, agent, checkpoint, thread] = labels;
    return {
      call: callId,
      is_old: args.isNew ? undefined : true,
      of: number,
      bound: String(args.bound),
      need: String(args.need),
      target: String(args.target),
      share: args.share,
      ttl: args.ttlMs,
      run: runId ?? undefined,
      epoch: args.epoch,
      step,
      agent,
      checkpoint,
      thread,
      provider: args.provider,
      model: args.model,
    };
  });
  return [JSON.stringify(sets), JSON.stringify(asks)];
}
