import { Agent } from "@mastra/core/agent";
import { agentValues, withinAgentRun } from "@wflo/ai-sdk/models";
import { InvalidOptionError, RunInterruptedError, type Run, type WorkflowFunction } from "@wflo/core";
import { refusalIn } from "../refusals.ts";
import { Answers } from "../workflows/answers.ts";
import { askedAgent, type AskedAgent } from "./asked-agent.ts";
import { noRefusal, notingRefusal } from "./met-refusal.ts";
import { meterInRuns } from "./metered-in-runs.ts";

/** How a workflow runs an agent. */
export interface AgentWorkflowOptions<Input = unknown> {
  /** What `agent.generate` is called with beside the messages, such as `maxSteps` or `structuredOutput`. */
  readonly options?: object | ((input: Input) => object) | undefined;
}

/** The parts of an agent's answer that are looked at. */
interface Answer {
  readonly finishReason?: unknown;
  readonly tripwire?: unknown;
  readonly runId?: string;
  readonly suspendPayload?: unknown;
  readonly steps?: readonly object[];
}

/** What an answer tells of a tool that waits. */
interface Suspended {
  readonly toolName?: string;
  readonly toolCallId?: string;
  readonly suspendPayload?: unknown;
}

/** What was sent, and remembered from before. */
interface Sent {
  readonly request?: unknown;
  readonly rememberedMessages?: unknown;
  readonly messages?: unknown;
}

type Ask = (messages: unknown, options: object) => Promise<Answer>;

/**
 * The function of a workflow that runs an agent of Mastra's: `wflo.workflow(name, agent)` does the same without options. Its input is a text, messages,
 * or `{ messages, ...options }` of `agent.generate`, and its value what that returns, without what was sent. The agent is metered, and so are those
 * that work for it; every answer of a model and every result of a tool is saved as a step: a run that stopped for want of money or was killed goes
 * on where it was, in any process, and nothing that was done is asked or paid for again. A tool that waits for somebody pauses the run
 * (`RunInterruptedError`); `resume(id, { answer })` gives it the answer. Throws `InvalidOptionError` for what is no agent.
 */
export function agentWorkflow<Input = unknown, Output = unknown>(
  agent: unknown,
  options: AgentWorkflowOptions<Input> = {},
): WorkflowFunction<Input, Output> {
  if (!isMastraAgent(agent)) throw new InvalidOptionError("agentWorkflow takes an agent of Mastra's.");
  const work = async (run: Run<Input>, input: Input) => {
    await meterInRuns([agent]);
    const asked = askedAgent(input, run.id);
    const given = typeof options.options === "function" ? options.options(input) : options.options;
    const met = noRefusal(true);
    const answer = () => answerOf(agent, run as Run, { ...asked, options: { ...given, ...asked.options } });
    try {
      const value = told(await withinAgentRun(run as Run, () => notingRefusal(met, answer))) as Output;
      if (met.refusal === undefined) return value;
    } catch (error) {
      if (run.signal.aborted) throw error;
      // What a tripwire tells is a copy.
      throw met.refusal ?? refusalIn(error) ?? error;
    }
    throw met.refusal;
  };
  return Object.assign(work, { codec: agentValues });
}

/** Whether a value is an agent of Mastra's. */
export function isMastraAgent(value: unknown): value is Agent {
  return value instanceof Agent;
}

/** Throws the refusal that stopped the agent or one that works for it; a tripwire of somebody else's is an answer. */
async function answerOf(agent: Agent, run: Run, { messages, options }: AskedAgent): Promise<Answer> {
  const answers = new Answers(run);
  const own = { ...options, abortSignal: run.signal };
  let answer = await (agent.generate as unknown as Ask).call(agent, messages, own);
  while (answer.finishReason === "suspended") {
    const { toolName = "tool", toolCallId = "", ...rest } = (answer.suspendPayload ?? {}) as Suspended;
    const payload = rest.suspendPayload ?? rest;
    const path = [toolName, toolCallId];
    const next = await answers.next([{ path, item: undefined, payload, resumeSchema: undefined }]);
    if (next === undefined) throw new RunInterruptedError(run.id, [{ step: toolName, payload }]);
    const more = { ...own, runId: answer.runId, toolCallId };
    answer = await (agent.resumeGenerate as unknown as Ask).call(agent, next.resumeData, more);
  }
  const refusal = refusalIn(answer.tripwire);
  if (refusal !== undefined) throw refusal;
  return answer;
}

function told(answer: Answer): object {
  const { request: _, rememberedMessages: __, messages: ___, ...rest } = answer as Answer & Sent;
  const steps = answer.steps?.map(({ request: ____, ...step }: Sent) => step);
  return steps === undefined ? rest : { ...rest, steps };
}
