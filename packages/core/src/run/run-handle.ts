import { checkName } from "../budget/check-name.ts";
import { usd } from "../money/money.ts";
import { runCost } from "./run-cost.ts";
import { bindContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import type { AgentName, Run } from "./run.ts";
import { contextIn, runStep } from "./step.ts";
import { stepPath } from "./step-path.ts";

/** The `run` that a workflow's function gets. */
export function runHandle<Input>(openRun: OpenRun, input: Input): Run<Input> {
  const { scope } = openRun;
  return {
    id: scope.runId,
    input,
    signal: scope.signal,
    step: (step, fn) => runStep(openRun, step, {}, fn),
    agent: (agent, fn) => runAgent(openRun, agent, fn),
    cost: () => runCost(openRun, scope.runId),
    bind: bindContext,
  };
}

async function runAgent<T>(openRun: OpenRun, agent: AgentName, fn: () => T | Promise<T>): Promise<T> {
  checkName("The name of an agent", agent.name);
  const { budgetIds, step } = contextIn(openRun);
  const path = stepPath(step, agent);
  const own: string[] = [];
  if (agent.budget !== undefined && !openRun.saved.has(path))
    own.push(await agentBudget(openRun, path, agent));
  return runStep(openRun, agent, { agent: agent.name, budgetIds: [...budgetIds, ...own] }, fn);
}

/** The agent's cap in this run; one that was raised before a resume stays raised. */
async function agentBudget(openRun: OpenRun, path: string, agent: AgentName): Promise<string> {
  const { database, tenant, scope } = openRun;
  const total = usd(agent.budget ?? 0).nanoUsd;
  const id = `run/${scope.runId}/${path}`;
  const [existing] = await database.ledger.getBudgets(tenant, [id]);
  if (!existing)
    await database.ledger.setBudget(tenant, { id, caps: { total }, onExpiry: "charge", warnAt: [] });
  return id;
}
