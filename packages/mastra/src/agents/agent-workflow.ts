import type { Agent } from "@mastra/core/agent";
import { agentValues, withinAgentRun } from "@wflo/ai-sdk/models";
import { checkOptions, InvalidOptionError, type Run, type WorkflowFunction } from "@wflo/core";
import { refusalIn } from "../refusals.ts";
import { Answers } from "../workflows/answers.ts";
import { answerFor, isSuspended, throwRefusal, toldAnswer, type AgentAnswer } from "./agent-answer.ts";
import { askedAgent, type AskedAgent } from "./asked-agent.ts";
import { noRefusal, notingRefusal } from "./met-refusal.ts";
import { isMastraAgent } from "./mastra-agent.ts";
import { meterInRuns } from "./metered-in-runs.ts";
import { streamedAnswer } from "./streamed-answer.ts";

/** How a workflow runs an agent. */
export interface AgentWorkflowOptions<Input = unknown> {
  /** The run's value is what `agent.stream` returns, instead of `agent.generate`; the run is over when that is. */
  readonly stream?: boolean | undefined;
  /** What `agent.generate` is called with beside the messages, such as `maxSteps` or `structuredOutput`. */
  readonly options?: object | ((input: Input) => object) | undefined;
}

type Ask = (messages: unknown, options: object) => Promise<AgentAnswer>;

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
  checkOptions("The options of agentWorkflow", options, { stream: true, options: true });
  const work = async (run: Run<Input>, input: Input) => {
    await meterInRuns([agent]);
    const asked = askedAgent(input, run.id);
    const given = typeof options.options === "function" ? options.options(input) : options.options;
    const met = noRefusal(true);
    const question = { ...asked, options: { ...given, ...asked.options } };
    const answer = async () =>
      options.stream === true
        ? streamedAnswer(agent, run as Run, question, met)
        : toldAnswer(await wholeAnswer(agent, run as Run, question));
    try {
      const value = (await withinAgentRun(run as Run, () => notingRefusal(met, answer))) as Output;
      if (met.refusal === undefined || options.stream === true) return value;
    } catch (error) {
      if (run.signal.aborted) throw error;
      // What a tripwire tells is a copy.
      throw met.refusal ?? refusalIn(error) ?? error;
    }
    throw met.refusal;
  };
  return Object.assign(work, { codec: agentValues });
}

async function wholeAnswer(agent: Agent, run: Run, { messages, options }: AskedAgent): Promise<AgentAnswer> {
  const answers = new Answers(run);
  const own = { ...options, abortSignal: run.signal };
  let answer = await (agent.generate as unknown as Ask).call(agent, messages, own);
  while (isSuspended(answer)) {
    const { resumeData, options: more } = await answerFor(answer, run, answers);
    answer = await (agent.resumeGenerate as unknown as Ask).call(agent, resumeData, { ...own, ...more });
  }
  throwRefusal(answer);
  return answer;
}
