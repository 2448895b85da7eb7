import { decimalUsd } from "../money/money.ts";
import type { BudgetState } from "../ports/budget-state.ts";
import type { CostGroup } from "../ports/ledger-store.ts";
import type { WindowKind } from "../ports/window-state.ts";
import type { CostBranches } from "./cost-branches.ts";
import { costTree, type CostNode } from "./cost-tree.ts";
import { CostTally, type CostSum } from "./cost-tally.ts";

/** What calls of one kind cost together. */
export interface CostRow extends CostSum {
  readonly step: string | undefined;
  readonly agent: string | undefined;
  /** The tool that was called; then `model` is its name and `provider` is `tool`. */
  readonly tool: string | undefined;
  readonly provider: string;
  readonly model: string;
  /** True for work that a rollback left behind. */
  readonly abandoned: boolean;
}

/** What calls with one thing in common cost together. */
export interface NamedCost extends CostSum {
  readonly name: string;
}

/** What a branch of a run cost. */
export interface BranchCost extends CostSum {
  /** The checkpoint it left the run's branch at; undefined for the branch that the run is on. */
  readonly from: { readonly id: string; readonly name: string } | undefined;
  readonly abandoned: boolean;
}

/** What is left on one cap of the run. Decimal strings in US dollars. */
export interface BudgetLeft {
  readonly budgetId: string;
  readonly window: WindowKind;
  readonly cap: string;
  readonly spent: string;
  readonly reserved: string;
  readonly left: string;
}

/** What a run has cost, by step, agent, tool, model and branch, and what remains. */
export interface CostBreakdown {
  readonly total: string;
  /** Of the total, what went into work that a rollback left behind. */
  readonly abandoned: string;
  /** The least that is left on any cap of the run; undefined when it has none. */
  readonly remaining: string | undefined;
  readonly budgets: readonly BudgetLeft[];
  readonly calls: number;
  readonly inexact: number;
  /** In the order of their first calls. */
  readonly rows: readonly CostRow[];
  /** By the path of the step; calls outside of steps are not among them. */
  readonly steps: readonly NamedCost[];
  readonly agents: readonly NamedCost[];
  readonly tools: readonly NamedCost[];
  /** By provider and model, such as `openai/gpt-4.1-mini`. */
  readonly models: readonly NamedCost[];
  /** The branch that the run is on first. */
  readonly branches: readonly BranchCost[];
  /** The run, the steps and agents inside each other, and their tools and models. */
  readonly tree: CostNode;
}

const TOOL = "tool";

/** Adds up what the ledger says of a run. */
export function costBreakdown(
  groups: readonly CostGroup[],
  branches: CostBranches,
  budgets: readonly BudgetState[],
): CostBreakdown {
  const total = new CostTally();
  const abandoned = new CostTally();
  for (const group of groups) {
    total.add(group);
    if (!branches.keeps(ownCheckpoint(group))) abandoned.add(group);
  }
  const { cost, calls, inexact } = total.sum();
  const caps = budgets.flatMap(leftOf);
  const least = caps.reduce<bigint | undefined>(
    (min, { leftNanoUsd }) => (min === undefined || leftNanoUsd < min ? leftNanoUsd : min),
    undefined,
  );
  const isTool = ({ label }: CostGroup) => label.provider === TOOL;
  return {
    total: cost,
    abandoned: abandoned.sum().cost,
    remaining: least === undefined ? undefined : decimalUsd(least),
    budgets: caps.map(({ leftNanoUsd, ...cap }) => ({ ...cap, left: decimalUsd(leftNanoUsd) })),
    calls,
    inexact,
    rows: rowsOf(groups, branches),
    steps: named(groups, ({ label }) => label.step),
    agents: named(groups, ({ label }) => label.agent),
    tools: named(groups.filter(isTool), ({ label }) => label.model),
    models: named(
      groups.filter((group) => !isTool(group)),
      ({ label }) => `${label.provider}/${label.model}`,
    ),
    branches: branchCosts(groups, branches),
    tree: costTree(groups),
  };
}

/** The checkpoint of the run that a group of calls came after; those in a framework's thread came after one of that. */
function ownCheckpoint({ label }: CostGroup): string | undefined {
  return label.thread === undefined ? label.checkpointId : undefined;
}

function rowsOf(groups: readonly CostGroup[], branches: CostBranches): CostRow[] {
  const keyOf = (group: CostGroup) => {
    const { step, agent, provider, model } = group.label;
    return JSON.stringify([step, agent, provider, model, !branches.keeps(ownCheckpoint(group))]);
  };
  return tallied(groups, keyOf).map(([key, sum]) => {
    const [step, agent, provider, model, isAbandoned] = JSON.parse(key) as [
      string | null,
      string | null,
      string,
      string,
      boolean,
    ];
    const tool = provider === TOOL ? model : undefined;
    return {
      step: step ?? undefined,
      agent: agent ?? undefined,
      tool,
      provider,
      model,
      abandoned: isAbandoned,
      ...sum,
    };
  });
}

function branchCosts(groups: readonly CostGroup[], branches: CostBranches): BranchCost[] {
  const sums = tallied(groups, (group) => branches.leftAt(ownCheckpoint(group)) ?? "");
  const costs = sums.map(([id, sum]) => {
    const from = id === "" ? undefined : { id, name: branches.nameOf(id) };
    return { from, abandoned: from !== undefined, ...sum };
  });
  return costs.toSorted((a, b) => Number(a.abandoned) - Number(b.abandoned));
}

function named(groups: readonly CostGroup[], nameOf: (group: CostGroup) => string | undefined): NamedCost[] {
  const withName = groups.filter((group) => nameOf(group) !== undefined);
  return tallied(withName, (group) => nameOf(group) ?? "").map(([name, sum]) => ({ name, ...sum }));
}

function tallied(groups: readonly CostGroup[], keyOf: (group: CostGroup) => string): [string, CostSum][] {
  const tallies = new Map<string, CostTally>();
  for (const group of groups) {
    const key = keyOf(group);
    const tally = tallies.get(key) ?? new CostTally();
    tallies.set(key, tally);
    tally.add(group);
  }
  return Array.from(tallies, ([key, tally]) => [key, tally.sum()]);
}

function leftOf({ id, windows }: BudgetState) {
  return windows.map(({ window, capNanoUsd, spentNanoUsd, reservedNanoUsd }) => {
    const leftNanoUsd = capNanoUsd - spentNanoUsd - reservedNanoUsd;
    return {
      budgetId: id,
      window,
      cap: decimalUsd(capNanoUsd),
      spent: decimalUsd(spentNanoUsd),
      reserved: decimalUsd(reservedNanoUsd),
      leftNanoUsd: leftNanoUsd < 0n ? 0n : leftNanoUsd,
    };
  });
}
