import { checkNames } from "../budget/check-options.ts";
import { checkName } from "../budget/check-name.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { choiceOf } from "../checkpoint/checkpoint-choice.ts";
import type { CheckpointChoice } from "../checkpoint/lineage.ts";
import { usd } from "../money/money.ts";
import type { RunRow } from "../ports/run-store.ts";
import { forkRun } from "./fork-run.ts";
import { agentBudgetId } from "./run-budget.ts";
import { runCost } from "./run-cost.ts";
import { bindContext, withContext } from "./run-context.ts";
import type { OpenRun } from "./open-run.ts";
import type { RunServices } from "./run-services.ts";
import type { AgentName, Run } from "./run.ts";
import { contextIn, runStep } from "./step.ts";

/** The `run` that a workflow's function gets. */
export function runHandle<Input>(
  services: RunServices,
  openRun: OpenRun,
  { row, input, answer }: { readonly row: RunRow; readonly input: Input; readonly answer: unknown },
): Run<Input> {
  const { scope, history } = openRun;
  return {
    id: scope.runId,
    input,
    answer,
    signal: scope.signal,
    async step(step, fn) {
      if (typeof step === "object" && step !== null) checkNames("A step", step, { name: true, key: true });
      return runStep(openRun, step, fn);
    },
    agent: (agent, fn) => runAgent(openRun, agent, fn),
    tool: async (name, fn, options) =>
      withContext(contextIn(openRun), () => services.callTool(name, fn, options ?? {})),
    checkpoint: (name, state, options) => history.save(name, state, contextIn(openRun).step, options),
    async restore<State>(which?: string | CheckpointChoice) {
      return (await history.load(choiceOf(which), contextIn(openRun).step))?.state as State | undefined;
    },
    rollback: async (which) => rollBack(openRun, choiceOf(which)),
    async fork(which, options) {
      if (scope.closing !== undefined) throw scope.closing;
      return forkRun(services, { row, history, isLive: true }, choiceOf(which), options);
    },
    cost: () => runCost(services, row),
    bind: bindContext,
  };
}

async function rollBack<State>(openRun: OpenRun, choice: CheckpointChoice): Promise<Checkpoint<State>> {
  const { scope, history } = openRun;
  if (scope.closing !== undefined) throw scope.closing;
  return (await history.rollBack(choice, { step: contextIn(openRun).step })) as Checkpoint<State>;
}

async function runAgent<T>(openRun: OpenRun, agent: AgentName, fn: () => T | Promise<T>): Promise<T> {
  checkName("The name of an agent", agent?.name);
  checkNames(`Agent ${agent.name}`, agent, { name: true, key: true, budget: true });
  return runStep(openRun, agent, fn, async ({ budgetIds }, path) => {
    const own = agent.budget === undefined ? [] : [await agentBudget(openRun, path, agent)];
    return { agent: agent.name, budgetIds: [...budgetIds, ...own] };
  });
}

/** The agent's cap in this run; one that was raised before a resume stays raised. */
async function agentBudget(openRun: OpenRun, path: string, agent: AgentName): Promise<string> {
  const { database, tenant, scope } = openRun;
  const total = usd(agent.budget ?? 0).nanoUsd;
  const id = await agentBudgetId(scope.runId, path);
  const [existing] = await database.ledger.getBudgets(tenant, [id]);
  if (!existing)
    await database.ledger.setBudget(tenant, { id, caps: { total }, onExpiry: "charge", warnAt: [] });
  return id;
}
