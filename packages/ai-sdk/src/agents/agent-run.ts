import { currentRun, type Run } from "@wflo/core";

/** A part of an answer. */
interface Piece {
  readonly type: string;
  readonly toolCallId?: string;
}

/** What a tool is told of its call. */
export interface ToolCall {
  readonly toolCallId: string;
  /** That of the work around, and of the time that the call may take. */
  readonly abortSignal?: AbortSignal | undefined;
}

/** A run of a workflow that is an agent of the AI SDK: its calls of models and tools are steps. */
export class AgentRun {
  readonly #run: Run;
  /** Names of steps that were begun and have not failed, each below the step around it. */
  readonly #taken = new Set<string>();
  /** With which signal the answers were asked for that have these calls of tools in them. */
  readonly #askedWith = new Map<string, AbortSignal | undefined>();

  constructor(run: Run) {
    this.#run = run;
  }

  /**
   * Does something once in the life of the run. `content` stands for all that it depends on: an execution that comes to the same content again
   * gets what was saved, in the order in which it came. `work` returns what is saved.
   */
  async step<T>(name: string, content: string, work: () => Promise<T>): Promise<T> {
    const hash = await hashOf(content);
    const around = `${currentRun()?.step ?? ""}/${name}`;
    let nth = 0;
    while (this.#taken.has(`${around}:${hash}.${nth}`)) nth += 1;
    const taken = `${around}:${hash}.${nth}`;
    this.#taken.add(taken);
    try {
      return await this.#run.step({ name, key: nth === 0 ? hash : `${hash}.${nth}` }, work);
    } catch (error) {
      this.#taken.delete(taken);
      throw error;
    }
  }

  /** An answer is there that was asked for with this signal. */
  answered(pieces: readonly Piece[], signal: AbortSignal | undefined): void {
    for (const { type, toolCallId } of pieces)
      if (type === "tool-call" && toolCallId !== undefined) this.#askedWith.set(toolCallId, signal);
  }

  /** Whether the work is over that a call of a tool belongs to, rather than only the time that the call itself may take. */
  isOver({ toolCallId, abortSignal }: ToolCall): boolean {
    const isKnown = this.#askedWith.has(toolCallId);
    return (isKnown ? this.#askedWith.get(toolCallId) : abortSignal)?.aborted === true;
  }
}

/** By the signal of the run, which lives as long as one execution of it. */
const live = new WeakMap<AbortSignal, AgentRun>();

/** Does the work of an agent's run. */
export function withinAgentRun<T>(run: Run, work: () => T): T {
  live.set(run.signal, new AgentRun(run));
  return work();
}

/** The agent's run around, if there is one. */
export function currentAgentRun(): AgentRun | undefined {
  const run = currentRun();
  return run === undefined ? undefined : live.get(run.signal);
}

async function hashOf(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return Array.from(new Uint8Array(digest).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
