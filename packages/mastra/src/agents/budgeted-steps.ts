import type {
  ProcessInputStepArgs,
  ProcessInputStepResult,
  ProcessLLMRequestArgs,
  ProcessLLMResponseArgs,
} from "@mastra/core/processors";
import { nameOf, type AnyModel } from "@wflo/ai-sdk/language-models";
import {
  attributed,
  InvalidOptionError,
  type Attribution,
  type BoundWrapper,
  type Wflo,
  type WfloError,
} from "@wflo/core";
import { isRefusal, refusalMetadata, type RefusalMetadata } from "../errors.ts";
import { MastraModels } from "../guard.ts";
import { attributedModel } from "../models/attributed-model.ts";
import { isMetered } from "../models/metered-marks.ts";
import type { ProcessorOptions } from "../options.ts";
import { ScopeBudgets } from "../scopes/scope-budgets.ts";
import { abortReason } from "./abort-reason.ts";
import { attributedTools } from "./attributed-tools.ts";
import { spendersBefore } from "./spending-order.ts";

const PROCESSOR = "wflo";

type StepArgs = ProcessInputStepArgs<RefusalMetadata>;

/** What an agent's step does about money: looks before it, meters its model, and stops the agent when that was refused. */
export class BudgetedSteps {
  readonly #options: ProcessorOptions;
  readonly #bind: () => Promise<BoundWrapper>;
  readonly #scopes: ScopeBudgets;
  readonly #models: MastraModels;
  /** By the model of the step that was refused. */
  readonly #refusals = new WeakMap<object, WfloError>();
  readonly #ordered = new WeakSet<object>();

  constructor(options: ProcessorOptions, bind: () => Promise<BoundWrapper>) {
    this.#options = options;
    this.#bind = bind;
    this.#scopes = new ScopeBudgets(options);
    this.#models = new MastraModels(bind, options.provider);
  }

  /** Before each model that a step asks: aborts where nothing is left, else has the step ask a metered model. */
  async begin(args: StepArgs, own: object): Promise<ProcessInputStepResult> {
    try {
      return await this.#begin(args, own);
    } catch (error) {
      if (isRefusal(error)) this.#abort(args, error);
      throw error;
    }
  }

  /** Right before the model is asked: what others have put in the place of the metered one would spend past every budget. */
  checkModel({ model, abort }: ProcessLLMRequestArgs<RefusalMetadata>): undefined {
    if (isMetered(model)) return undefined;
    const { model: id, provider } = nameOf(model as AnyModel);
    this.#abort(
      { abort },
      new InvalidOptionError(
        `Another processor or prepareStep has put ${id} of ${provider} in the place of the metered model, and no budget would stop it. ` +
          "Put wfloProcessor after that processor, or return meterModel(model) there.",
      ),
    );
  }

  /** After each model: aborts where it was refused. */
  end({ model, abort }: ProcessLLMResponseArgs<RefusalMetadata>): undefined {
    const refusal = this.#refusals.get(model);
    if (refusal !== undefined) this.#abort({ abort }, refusal);
    return undefined;
  }

  async #begin(args: StepArgs, own: object): Promise<ProcessInputStepResult> {
    const { wflo } = await this.#bind();
    await this.#warnOfOrder(wflo, args.agent, own);
    const budgets = await this.#scopes.of(args, wflo);
    const agent = this.#options.agent ?? args.agent?.id;
    const attribution = { wflo, budgets, agent };
    await this.#lookBefore(args, attribution);
    const { structuredOutput, tools } = args;
    if (structuredOutput?.model !== undefined && !isMetered(structuredOutput.model))
      wflo.reportUnmetered({ provider: "mastra", what: "the model of structuredOutput" });
    // Without the hook after the answer, a refusal stays an error.
    const quiet = args.llmRequestStage === true;
    const model: StepArgs["model"] = attributedModel(
      this.#models.metered(args.model),
      attribution,
      quiet ? (refusal) => void this.#refusals.set(model, refusal) : undefined,
    );
    return { model, ...(tools === undefined ? {} : { tools: attributedTools(tools, attribution) }) };
  }

  async #lookBefore(args: StepArgs, attribution: Attribution & { readonly wflo: Wflo }): Promise<void> {
    const { wflo, budgets = [] } = attribution;
    const { provider, model } = nameOf(args.model as AnyModel, this.#options.provider);
    const { maxOutputTokens } = args.modelSettings ?? {};
    await attributed(attribution, () =>
      wflo.checkBudgets({ provider, model, parts: [], budgets, maxOutputTokens, clamp: this.#options.clamp }),
    );
  }

  async #warnOfOrder(wflo: Wflo, agent: unknown, own: object): Promise<void> {
    if (typeof agent !== "object" || agent === null || this.#ordered.has(agent)) return;
    this.#ordered.add(agent);
    for (const id of await spendersBefore(agent, own))
      wflo.reportUnmetered({
        provider: "mastra",
        what: `the processor ${id}, which stands before wfloProcessor`,
      });
  }

  #abort({ abort }: Pick<StepArgs, "abort">, refusal: WfloError): never {
    const metadata = refusalMetadata(refusal, PROCESSOR);
    const stop: StepArgs["abort"] = abort;
    return stop(abortReason(this.#options.message, refusal, metadata), { retry: false, metadata });
  }
}
