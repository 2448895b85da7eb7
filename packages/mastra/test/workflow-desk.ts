import { Mastra } from "@mastra/core/mastra";
import { noopLogger } from "@mastra/core/logger";
import { InMemoryStore, type MastraCompositeStore } from "@mastra/core/storage";
import { createStep, createWorkflow, type AnyWorkflow } from "@mastra/core/workflows";
import { createWflo, memoryDatabase, type Wflo } from "@wflo/core";
import { meterModel, type MeteredModel, suspendAtBudget, type BudgetSuspension } from "@wflo/mastra";
import type { Simulator } from "@wflo/testkit";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { MODEL, openaiOf, simulate } from "./mastra-desk.ts";

export const Text = z.object({ text: z.string() });
export const SCHEMAS = { inputSchema: Text, outputSchema: Text };
/** What each call costs: $0.0005. */
const CALL = { inputTokens: 1_000, outputTokens: 1_000 };
const MAX = 1_000;

type AnyStep = ReturnType<typeof createStep>;
type Ask = (about: string) => Promise<string>;
type Work = (context: WorkContext) => unknown;

/** What the work of a test's step gets. */
export interface WorkContext {
  readonly inputData: { readonly text: string };
  readonly resumeData: { readonly by: string } | undefined;
  readonly suspendData: unknown;
  readonly suspend: (payload: object) => Promise<never>;
  readonly setState: (state: object) => Promise<void>;
  readonly state: Readonly<Record<string, unknown>>;
  readonly bail: (result: object) => never;
  readonly abortSignal: AbortSignal;
  readonly requestContext: { set(key: string, value: unknown): void; get(key: string): unknown };
}

/** A workflow's place to work: a budget `user`, a provider, steps that ask it. */
export class WorkflowDesk {
  readonly wflo: Wflo;
  readonly simulator: Simulator;
  readonly storage: MastraCompositeStore;
  /** The steps that were executed, in order. */
  readonly executed: string[] = [];
  readonly #model: MeteredModel;

  constructor(parts: Pick<WorkflowDesk, "wflo" | "simulator" | "storage">, isByRun: boolean) {
    this.wflo = parts.wflo;
    this.simulator = parts.simulator;
    this.storage = parts.storage;
    const options = isByRun ? {} : { wflo: this.wflo, budgets: ["user"] };
    this.#model = meterModel(openaiOf(this.simulator)(MODEL), options);
  }

  /** What models were asked about, in order. */
  get asked(): string[] {
    return this.simulator.requests.map(({ body }) => /about ([\w-]+)/.exec(JSON.stringify(body))?.[1] ?? "");
  }

  /** Asks the model. */
  readonly ask: Ask = async (about) => {
    const content = [{ type: "text", text: `Tell me about ${about}.` }] as const;
    const answer = await this.#model.doGenerate({
      prompt: [{ role: "user", content: [...content] }],
      maxOutputTokens: MAX,
    } as never);
    const [part] = (answer as unknown as { content: readonly { type: string; text?: string }[] }).content;
    return part?.text ?? "";
  };

  /** A step that does this, or asks the model about itself and adds its name to the text. */
  step(id: string, work?: Work, more: object = {}): AnyStep {
    const execute = async (context: WorkContext) => {
      this.executed.push(id);
      if (work !== undefined) return work(context);
      await this.ask(id);
      return { text: `${context.inputData.text} ${id}` };
    };
    return createStep({ id, ...SCHEMAS, ...more, execute } as never) as unknown as AnyStep;
  }

  /** A Mastra with these workflows on the desk's storage. */
  mastra(workflows: Readonly<Record<string, AnyWorkflow>>, more: object = {}): Mastra {
    return new Mastra({ workflows, storage: this.storage, logger: noopLogger as never, ...more });
  }
}

/** A desk whose steps are on the budget `user`, or by the run around. */
export async function newDesk(total: string, { isByRun = false } = {}): Promise<WorkflowDesk> {
  const simulator = await simulate([{ ...CALL, text: "Fine." }]);
  const wflo = createWflo({ database: memoryDatabase(), logger: false, waitMs: 200, drainMs: 1_000 });
  onTestFinished(() => wflo.close().catch(() => {}));
  await wflo.budgets.set({ id: "user", caps: { total } });
  return new WorkflowDesk({ wflo, simulator, storage: new InMemoryStore() }, isByRun);
}

/** Work that asks a person first, then the model. */
export function approving(desk: WorkflowDesk, about: string): Work {
  return async ({ inputData, resumeData, suspend }) => {
    if (resumeData === undefined) return suspend({ asked: inputData.text });
    await desk.ask(about);
    return { text: `${inputData.text} by ${resumeData.by}` };
  };
}

export const APPROVAL = {
  resumeSchema: z.object({ by: z.string() }),
  suspendSchema: z.object({ asked: z.string() }),
};

/** What a run of a workflow has come to. */
export interface Result {
  readonly status: string;
  readonly result?: unknown;
  readonly suspended?: readonly (readonly string[])[];
  readonly suspendPayload?: Readonly<Record<string, BudgetSuspension>>;
  readonly error?: Error;
}

/** A run of a workflow, and that run in another process. */
export async function started(desk: WorkflowDesk, make: () => AnyWorkflow, more: object = {}) {
  const workflow = () => desk.mastra({ w: suspendAtBudget(make()) }, more).getWorkflow("w");
  const run = await workflow().createRun();
  const result = (await run.start({ inputData: { text: "hi" } } as never)) as unknown as Result;
  const resume = async (how: object): Promise<Result> => {
    const again = await workflow().createRun({ runId: run.runId });
    return (await again.resume(how as never)) as unknown as Result;
  };
  return { run, result, resume };
}

/** A new workflow. */
export const flow = (id = "w", more: object = {}) =>
  createWorkflow({ id, ...SCHEMAS, ...more }) as never as Flow;

/** As the types of a workflow would have it that knows its steps. */
export interface Flow {
  then(step: unknown): Flow;
  parallel(steps: readonly unknown[]): Flow;
  branch(steps: readonly unknown[]): Flow;
  foreach(step: unknown, options?: object): Flow;
  dountil(step: unknown, condition: (context: never) => unknown): Flow;
  map(mapping: unknown): Flow;
  commit(): AnyWorkflow;
}
