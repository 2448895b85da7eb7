import type { RequestContext } from "@mastra/core/request-context";
import type { AnyWorkflow } from "@mastra/core/workflows";
import { InvalidOptionError, RunInterruptedError, type Run } from "@wflo/core";
import { meterInRuns } from "../agents/metered-in-runs.ts";
import { Answers, nameOf } from "./answers.ts";
import { SavedSteps } from "./saved-steps.ts";
import { insideOf } from "./step-place.ts";

/** What a run of Mastra's is started with. */
export interface StartOfRun {
  readonly inputData?: unknown;
  readonly initialState?: unknown;
  readonly requestContext?: RequestContext | undefined;
  readonly resourceId?: string | undefined;
}

interface MastraRun {
  start(how: object): Promise<MastraResult>;
  resume(how: object): Promise<MastraResult>;
  cancel(): Promise<void>;
}

interface MastraResult {
  readonly status: string;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly tripwire?: { readonly reason?: string };
}

/**
 * One execution of a run on a workflow of Mastra's. It always begins at the beginning: what was done before, suspensions and answers
 * included, is done by what was saved of it.
 */
export class WorkflowRun {
  readonly #workflow: AnyWorkflow;
  readonly #run: Run;
  readonly #saved: SavedSteps;
  readonly #answers: Answers;

  constructor(workflow: AnyWorkflow, run: Run) {
    this.#workflow = workflow;
    this.#run = run;
    this.#saved = new SavedSteps(run);
    this.#answers = new Answers(run);
  }

  async run(how: StartOfRun): Promise<unknown> {
    await this.#insistOnStorage();
    await meterInRuns(Object.values(this.#workflow.mastra?.listAgents() ?? {}));
    const { id, runs } = this.#workflow;
    const { resourceId, ...start } = how;
    const mastraRun = (await this.#workflow.createRun({
      runId: this.#run.id,
      ...(resourceId === undefined ? {} : { resourceId }),
    })) as unknown as MastraRun;
    const cancel = () => void mastraRun.cancel();
    this.#run.signal.addEventListener("abort", cancel, { once: true });
    const within = <T>(work: () => T) =>
      insideOf({ thread: this.#run.id, path: [], saved: this.#saved, inside: id }, work);
    try {
      if (this.#run.signal.aborted) cancel();
      let result = await within(() => mastraRun.start(start));
      while (result.status === "suspended") {
        const given = await this.#nextAnswer();
        result = await within(() => mastraRun.resume({ ...given, requestContext: start.requestContext }));
      }
      return this.#end(result);
    } finally {
      this.#run.signal.removeEventListener("abort", cancel);
      // Mastra keeps a run that is not over, and that one may be cancelled.
      runs.delete(this.#run.id);
    }
  }

  /** What goes on with a suspended workflow. Throws what it waits for when there is nothing. */
  async #nextAnswer(): Promise<object> {
    const { waiting, refused } = this.#saved;
    const steps = [...waiting.values()];
    const answer = steps.length === 0 ? undefined : await this.#answers.next(steps);
    if (answer !== undefined) return answer;
    const [refusal] = refused.values();
    if (refusal !== undefined) throw refusal;
    throw this.#interrupted();
  }

  #interrupted(): RunInterruptedError {
    const asked = Array.from(this.#saved.waiting.values(), (step) => ({
      step: nameOf(step),
      payload: step.payload,
    }));
    return new RunInterruptedError(this.#run.id, asked);
  }

  #end({ status, result, error, tripwire }: MastraResult): unknown {
    if (status === "success") return result;
    if (this.#run.signal.aborted) throw this.#run.signal.reason;
    if (this.#saved.refusal !== undefined) throw this.#saved.refusal;
    if (status === "canceled")
      throw new Error(`The run ${this.#run.id} of ${this.#workflow.id} was canceled.`);
    const { message = tripwire?.reason ?? `ended as ${status}` } = (error ?? {}) as {
      readonly message?: string;
    };
    const { error: thrown } = this.#saved;
    // Mastra gives a copy of it.
    if (thrown instanceof Error && thrown.message === message) throw thrown;
    throw Object.assign(new Error(message), error);
  }

  async #insistOnStorage(): Promise<void> {
    const store = await this.#workflow.mastra?.getStorage()?.getStore("workflows");
    if (store !== undefined) return;
    throw new InvalidOptionError(
      `Workflow ${this.#workflow.id} needs a Mastra with storage: new Mastra({ workflows: { … }, storage }).`,
    );
  }
}
