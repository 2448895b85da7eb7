import type { Agent } from "@mastra/core/agent";
import type { Run } from "@wflo/core";
import { Answers } from "../workflows/answers.ts";
import { answerFor, isSuspended, throwRefusal, type AgentAnswer } from "./agent-answer.ts";
import type { AskedAgent } from "./asked-agent.ts";
import type { MetRefusal } from "./met-refusal.ts";

/** What `agent.stream` returns, as far as it matters here. */
export interface StreamedOutput {
  readonly getFullOutput: () => Promise<AgentAnswer>;
}

type Ask = (messages: unknown, options: object) => Promise<StreamedOutput>;

/** What is to be done when the stream of a run's agent is over. */
const endings = new WeakMap<object, (answer: AgentAnswer) => Promise<unknown>>();

/** What an agent streams in a run. What it did before the run stopped is gone through first; the caller gets what is new since the last answer. */
export async function streamedAnswer(
  agent: Agent,
  run: Run,
  { messages, options }: AskedAgent,
  met: MetRefusal,
): Promise<StreamedOutput> {
  const answers = new Answers(run);
  const own = { ...options, abortSignal: run.signal };
  let output = await (agent.stream as unknown as Ask).call(agent, messages, own);
  while (await answers.hasMore()) {
    const answer = await output.getFullOutput();
    if (!isSuspended(answer)) break;
    const { resumeData, options: more } = await answerFor(answer, run, answers);
    output = await (agent.resumeStream as unknown as Ask).call(agent, resumeData, { ...own, ...more });
  }
  endings.set(output, async (answer) => {
    if (met.refusal !== undefined) throw met.refusal;
    if (isSuspended(answer)) await answerFor(answer, run, answers);
  });
  return output;
}

/** What `agent.stream` returned is over when it is read to its end, whoever reads it or nobody. Rejects with what broke it off. */
export function pendingOutput(value: unknown): (() => Promise<void>) | undefined {
  return isStreamedOutput(value) ? () => endOf(value) : undefined;
}

async function endOf(output: StreamedOutput): Promise<void> {
  const answer = await output.getFullOutput();
  await endings.get(output)?.(answer);
  throwRefusal(answer);
  if (answer.error !== undefined) throw answer.error;
}

function isStreamedOutput(value: unknown): value is StreamedOutput {
  if (typeof value !== "object" || value === null) return false;
  // Not by their values: what somebody else's object has behind a name is not to be touched.
  return ["getFullOutput", "consumeStream", "fullStream", "runId"].every((name) => name in value);
}
