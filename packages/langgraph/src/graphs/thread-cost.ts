import { PaidSum, PaidSums, usd, type LedgerLine, type NamedSum, type Wflo } from "@wflo/core";
import { threadOf } from "../saver/thread-config.ts";
import { ThreadLine } from "./thread-line.ts";
import type { WfloSaver } from "../saver/wflo-saver.ts";

const PAGE = 1_000;
/** Lines of one thread that are added up. */
const MAX_LINES = 1_000_000;

/** What calls with one thing in common came to. Money is a decimal string in US dollars. */
export type ThreadCostSum = NamedSum;

/** What a branch of a thread cost: `leftAt` is the checkpoint where it left the branch that was asked for. */
export interface ThreadBranchCost {
  readonly leftAt: string | undefined;
  readonly cost: string;
  readonly calls: number;
}

/** What was paid in a thread, on every branch of it, whatever its checkpoints were rolled back to. */
export interface ThreadCost {
  readonly total: string;
  /** Of the total, what went into branches other than the one that was asked for. */
  readonly abandoned: string;
  readonly calls: number;
  /** Lines that are in doubt or were charged at a bound. */
  readonly inexact: number;
  /** By the path of nodes: `research/write` is a node `write` in the graph of a node `research`. */
  readonly nodes: readonly ThreadCostSum[];
  readonly agents: readonly ThreadCostSum[];
  readonly models: readonly ThreadCostSum[];
  readonly tools: readonly ThreadCostSum[];
  /** The branch that was asked for first. What forks share is paid once, and belongs to that branch. */
  readonly branches: readonly ThreadBranchCost[];
}

/**
 * Adds up what a LangGraph thread has cost, in and outside of runs: `threadCost(wflo, saver, { threadId: "42" })`. `checkpointId`: whose branch;
 * default: that of the thread's latest. Throws `StoreUnavailableError`.
 */
export async function threadCost(
  wflo: Wflo,
  saver: WfloSaver,
  { threadId, checkpointId }: { readonly threadId: string; readonly checkpointId?: string | undefined },
): Promise<ThreadCost> {
  const [found, points] = await Promise.all([linesOf(wflo, threadOf(threadId)), saver.points(threadId)]);
  const line = new ThreadLine(points, checkpointId);
  const total = new PaidSum();
  const abandoned = new PaidSum();
  const by = { nodes: new PaidSums(), agents: new PaidSums(), models: new PaidSums(), tools: new PaidSums() };
  const branches = new PaidSums();
  for (const one of found) {
    const leftAt = line.leftAt(one.checkpointId, startedAtMs(one));
    const paid = { callId: one.callId, chargedNanoUsd: nanoUsdOf(one) };
    total.add(paid);
    if (leftAt !== undefined) abandoned.add(paid);
    branches.add(leftAt ?? "", paid);
    if (one.step !== undefined) by.nodes.add(one.step, paid);
    if (one.agent !== undefined) by.agents.add(one.agent, paid);
    if (one.provider === "tool") by.tools.add(one.model, paid);
    else by.models.add(`${one.provider}/${one.model}`, paid);
  }
  return {
    total: total.cost,
    abandoned: abandoned.cost,
    calls: total.calls,
    inexact: found.filter(({ kind, inDoubt }) => inDoubt || kind === "estimate" || kind === "unmeasured")
      .length,
    nodes: by.nodes.sums(),
    agents: by.agents.sums(),
    models: by.models.sums(),
    tools: by.tools.sums(),
    branches: branches
      .sums()
      .map(({ name, ...sum }) => ({ leftAt: name === "" ? undefined : name, ...sum }))
      .toSorted((a, b) => Number(a.leftAt !== undefined) - Number(b.leftAt !== undefined)),
  };
}

async function linesOf(wflo: Wflo, thread: string): Promise<readonly LedgerLine[]> {
  const lines: LedgerLine[] = [];
  for (let after: string | undefined; lines.length < MAX_LINES; after = lines.at(-1)?.id) {
    const page = await wflo.calls.list({ thread, after, limit: PAGE });
    lines.push(...page);
    if (page.length < PAGE) break;
  }
  return lines;
}

/** Ids of calls are UUIDs of version 7, which begin with the time they were made at (RFC 9562, 5.7); others have the time of their line. */
function startedAtMs({ callId, at }: LedgerLine): number {
  return callId[14] === "7" ? Number.parseInt(callId.slice(0, 8) + callId.slice(9, 13), 16) : at.getTime();
}

/** What a line changed; corrections may give back. */
function nanoUsdOf({ charged }: LedgerLine): bigint {
  return charged.startsWith("-") ? -usd(charged.slice(1)).nanoUsd : usd(charged).nanoUsd;
}
