import type { AnswerUsage } from "./answer.ts";
import type { Journal, JournalEntry } from "./journal.ts";

/** How far the work is that a provider does after it has answered. */
export type JobState = "in_progress" | "completed" | "failed" | "cancelling" | "cancelled";

/** Work that goes on without the client: an answer made in the background, a batch. */
export interface JobPlan {
  readonly id: string;
  readonly kind: "response" | "batch";
  readonly latencyMs: number;
  readonly usage: AnswerUsage;
  /** It ends as failed, and nothing is billed. */
  readonly fails: boolean;
  /** What a client is shown; `outputTokens` are those made, `atSeconds` is the time of its last change. */
  readonly look: (
    state: JobState,
    made: { readonly outputTokens: number; readonly atSeconds: number },
  ) => object;
}

/** Does the work of all jobs of a simulator, and bills each when it is over. */
export class Jobs {
  readonly #journal: Journal;
  readonly #jobs = new Map<string, Job>();
  readonly #working = new Set<JournalEntry>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  start(plan: JobPlan, entry: JournalEntry): void {
    const job: Job = {
      plan,
      entry,
      startedMs: performance.now(),
      state: "in_progress",
      outputTokens: 0,
      timer: setTimeout(() => this.#end(job, plan.fails ? "failed" : "completed", 1), plan.latencyMs),
    };
    this.#jobs.set(plan.id, job);
    this.#working.add(entry);
  }

  /** True while the provider works on a request. */
  isWorking(entry: JournalEntry): boolean {
    return this.#working.has(entry);
  }

  /** What a client sees of a job; undefined when there is none of this id. */
  look(id: string): object | undefined {
    const job = this.#jobs.get(id);
    return job && lookOf(job, job.state);
  }

  list(kind: JobPlan["kind"]): readonly object[] {
    const jobs = [...this.#jobs.values()].filter(({ plan }) => plan.kind === kind);
    return jobs.reverse().map((job) => lookOf(job, job.state));
  }

  /** Ends a job early: what was made by then is billed. */
  cancel(id: string): object | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    if (job.state !== "in_progress") return lookOf(job, job.state);
    const { plan, startedMs } = job;
    this.#end(job, "cancelled", Math.min(1, (performance.now() - startedMs) / Math.max(1, plan.latencyMs)));
    return lookOf(job, plan.kind === "batch" ? "cancelling" : "cancelled");
  }

  close(): void {
    for (const { timer } of this.#jobs.values()) clearTimeout(timer);
  }

  #end(job: Job, state: JobState, share: number): void {
    clearTimeout(job.timer);
    const { plan, entry } = job;
    job.state = state;
    job.outputTokens = Math.ceil(plan.usage.outputTokens * share);
    if (state !== "failed") this.#journal.serve(entry, plan.usage, job.outputTokens);
    this.#working.delete(entry);
    entry.done = true;
  }
}

interface Job {
  readonly plan: JobPlan;
  readonly entry: JournalEntry;
  readonly startedMs: number;
  readonly timer: NodeJS.Timeout;
  state: JobState;
  outputTokens: number;
}

function lookOf({ plan, outputTokens }: Job, state: JobState): object {
  return plan.look(state, { outputTokens, atSeconds: Math.floor(Date.now() / 1000) });
}
