import { RunInterruptedError, type Run } from "@wflo/core";
import { refusalIn } from "../refusals.ts";
import type { Answers } from "../workflows/answers.ts";

/** The parts of an agent's answer that are looked at. */
export interface AgentAnswer {
  readonly finishReason?: unknown;
  readonly tripwire?: unknown;
  readonly error?: unknown;
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

/** What an agent is told to go on with a tool that waited. */
export interface ToolAnswer {
  readonly resumeData: unknown;
  readonly options: { readonly runId: string | undefined; readonly toolCallId: string };
}

/** Whether a tool waits for somebody. */
export function isSuspended({ finishReason }: AgentAnswer): boolean {
  return finishReason === "suspended";
}

/** What somebody has answered the tool that waits. Throws `RunInterruptedError` where nobody has yet. */
export async function answerFor(answer: AgentAnswer, run: Run, answers: Answers): Promise<ToolAnswer> {
  const { toolName = "tool", toolCallId = "", ...rest } = (answer.suspendPayload ?? {}) as Suspended;
  const payload = rest.suspendPayload ?? rest;
  const path = [toolName, toolCallId];
  const next = await answers.next([{ path, item: undefined, payload, resumeSchema: undefined }]);
  if (next === undefined) throw new RunInterruptedError(run.id, [{ step: toolName, payload }]);
  return { resumeData: next.resumeData, options: { runId: answer.runId, toolCallId } };
}

/** Throws the refusal by which an agent was stopped; a tripwire of somebody else's is an answer. */
export function throwRefusal({ tripwire }: AgentAnswer): void {
  const refusal = refusalIn(tripwire);
  if (refusal !== undefined) throw refusal;
}

/** An answer without what was sent for it. */
export function toldAnswer(answer: AgentAnswer): object {
  const { request: _, rememberedMessages: __, messages: ___, ...rest } = answer as AgentAnswer & Sent;
  const steps = answer.steps?.map(({ request: ____, ...step }: Sent) => step);
  return steps === undefined ? rest : { ...rest, steps };
}
