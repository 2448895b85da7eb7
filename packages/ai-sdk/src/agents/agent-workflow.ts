import { checkOptions, InvalidOptionError, type Run, type WorkflowFunction } from "@wflo/core";
import { withinAgentRun } from "./agent-run.ts";
import { agentValues } from "./agent-values.ts";
import { isAgent, steppingAgent } from "./stepping-agent.ts";

/** How a workflow runs an agent. */
export interface AgentWorkflowOptions {
  /** The run's value is what `agent.stream` returns, instead of `agent.generate`; the run is over when that is. */
  readonly stream?: boolean | undefined;
}

/**
 * The function of a workflow that runs an agent of the AI SDK: `wflo.workflow(name, agent)` does the same without options. Its input is what
 * `agent.generate` takes, but its callbacks and its signal. Every answer of a metered model, at whatever depth, and every result of the agent's tools is saved as a step: a run that
 * stopped for want of money or was killed goes on where it was, in any process, and nothing that was done is asked or paid for again. Tools of agents
 * that work inside of a tool are steps if they are `steppingTools`. Throws `InvalidOptionError` for what is no agent.
 */
export function agentWorkflow<Input = unknown, Output = unknown>(
  agent: unknown,
  options: AgentWorkflowOptions = {},
): WorkflowFunction<Input, Output> {
  if (!isAgent(agent))
    throw new InvalidOptionError("agentWorkflow takes an agent of the AI SDK, such as a ToolLoopAgent.");
  checkOptions("The options of agentWorkflow", options, { stream: true });
  const stepping = steppingAgent(agent);
  const work = (run: Run<Input>, input: Input) =>
    withinAgentRun(run, async () => {
      const call = callOf(input, run.signal);
      return (await (options.stream === true ? stepping.stream(call) : stepping.generate(call))) as Output;
    });
  return Object.assign(work, { codec: agentValues });
}

function callOf(input: unknown, signal: AbortSignal): object {
  if (typeof input !== "object" || input === null)
    throw new InvalidOptionError("An agent of the AI SDK is run with { prompt } or { messages }.");
  return { ...input, abortSignal: signal };
}
