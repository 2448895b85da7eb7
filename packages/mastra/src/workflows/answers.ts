import { RunInterruptedError, type Run } from "@wflo/core";
import type { WaitingStep } from "./saved-steps.ts";
import { issuesOf } from "./step-schemas.ts";

const STEP = "mastra answers";

interface Given {
  readonly to: string;
  readonly answer: unknown;
}

/** How Mastra is told to go on with a step. */
export interface Resumption {
  readonly step: string[];
  readonly resumeData: unknown;
  readonly forEachIndex?: number;
}

/** What somebody has answered the steps of a workflow in the life of a run. */
export class Answers {
  readonly #run: Run;
  #count = 0;
  #isUsed = false;
  #given: readonly Given[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** What a workflow is resumed with next; undefined when there is no answer to what it waits for. Throws `RunInterruptedError` for one that does not fit. */
  async next(waiting: readonly WaitingStep[]): Promise<Resumption | undefined> {
    for (;;) {
      const fitting = this.#fitting(waiting);
      if (fitting !== undefined) return fitting;
      const read = await this.#read(waiting);
      if (read === undefined) return undefined;
      this.#given = [...this.#given, ...read];
    }
  }

  #fitting(waiting: readonly WaitingStep[]): Resumption | undefined {
    for (const given of this.#given) {
      const step = waiting.find((one) => nameOf(one) === given.to);
      if (step === undefined) continue;
      this.#given = this.#given.filter((one) => one !== given);
      const { item } = step;
      return {
        step: [...step.path],
        resumeData: given.answer,
        ...(item === undefined || step.path.length > 1 ? {} : { forEachIndex: item }),
      };
    }
    return undefined;
  }

  /** Whether somebody has answered what is not given yet. */
  async hasMore(): Promise<boolean> {
    if (this.#given.length > 0) return true;
    const saved = await this.#saved(undefined);
    if (saved === undefined) return !this.#isUsed && this.#run.answer !== undefined;
    this.#given = saved;
    return true;
  }

  /** Answers are saved before anything is done with them. */
  #read(waiting: readonly WaitingStep[]): Promise<readonly Given[] | undefined> {
    return this.#saved(async () => {
      this.#isUsed = true;
      return this.#checked(waiting, givenBy(this.#run.answer, waiting));
    });
  }

  /** The next answers that were saved, or those that `take` gives, if there is one to take. */
  async #saved(take: (() => Promise<readonly Given[]>) | undefined): Promise<readonly Given[] | undefined> {
    const none = new Error("There is no answer.");
    try {
      const given = await this.#run.step({ name: STEP, key: this.#count }, async () => {
        if (take === undefined || this.#isUsed || this.#run.answer === undefined) throw none;
        return take();
      });
      this.#count += 1;
      return given;
    } catch (error) {
      if (error === none) return undefined;
      throw error;
    }
  }

  async #checked(waiting: readonly WaitingStep[], given: readonly Given[]): Promise<readonly Given[]> {
    for (const { to, answer } of given) {
      const step = waiting.find((one) => nameOf(one) === to);
      const issues = await issuesOf(step?.resumeSchema, answer);
      if (issues === undefined) continue;
      const asked = waiting.map((one) => ({ step: nameOf(one), payload: one.payload }));
      const cause = new Error(`The answer to ${to} does not fit its resumeSchema: ${issues}`);
      throw Object.assign(new RunInterruptedError(this.#run.id, asked), { cause });
    }
    return given;
  }
}

/** How a step that waits is named in an answer. */
export function nameOf({ path, item }: WaitingStep): string {
  return `${path.join(".")}${item === undefined ? "" : `[${item}]`}`;
}

/** To whom an answer is: to the only step that waits, to those that it names, else to the first. */
function givenBy(answer: unknown, waiting: readonly WaitingStep[]): readonly Given[] {
  const names = waiting.map(nameOf);
  const named = typeof answer === "object" && answer !== null ? Object.entries(answer) : [];
  if (names.length > 1 && named.length > 0 && named.every(([name]) => names.includes(name)))
    return named.map(([to, one]) => ({ to, answer: one as unknown }));
  return names.slice(0, 1).map((to) => ({ to, answer }));
}
