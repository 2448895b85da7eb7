import type { Agent } from "@mastra/core/agent";
import type { Mastra } from "@mastra/core/mastra";
import type {
  ProcessInputStepArgs,
  ProcessInputStepResult,
  ProcessLLMRequestArgs,
  ProcessLLMResponseArgs,
} from "@mastra/core/processors";
import { nameOf, type AnyModel } from "@wflo/ai-sdk/models";
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
import { requestAround } from "../scopes/request-around.ts";
import { ScopeBudgets, type AgentRequest } from "../scopes/scope-budgets.ts";
import { abortReason } from "./abort-reason.ts";
import { AgentsWith } from "./agents-with.ts";
import { attributedTools } from "./attributed-tools.ts";
import { notedRefusal, noteRefusal } from "./met-refusal.ts";
import { unmeteredSpenders } from "./unmetered-spenders.ts";
import { Violations } from "./violations.ts";

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
  readonly #known = new WeakSet<Agent>();
  readonly #agents: AgentsWith;
  readonly #violations: Violations;
  readonly #own: () => object;

  /** `own` is the processor as agents have it. */
  constructor(options: ProcessorOptions, bind: () => Promise<BoundWrapper>, own: () => object) {
    this.#options = options;
    this.#bind = bind;
    this.#own = own;
    this.#agents = new AgentsWith(own);
    this.#violations = new Violations(options.onViolation);
    this.#scopes = new ScopeBudgets(options, this.#violations);
    this.#models = new MastraModels(bind, options.provider);
  }

  register(mastra: Mastra): void {
    this.#agents.register(mastra);
  }

  /** What the calls of a request belong to. Throws `InvalidOptionError` for one that names nobody whose budget it could be. */
  async attributionOf(request: AgentRequest): Promise<Attribution & { readonly wflo: Wflo }> {
    const { wflo } = await this.#bind();
    return { wflo, budgets: await this.#scopes.of(request, wflo) };
  }

  /** Before each model that a step asks: aborts where nothing is left, else has the step ask a metered model. */
  async begin(args: StepArgs): Promise<ProcessInputStepResult> {
    const noted = notedRefusal();
    if (noted !== undefined) return this.#abort(args, noted);
    try {
      return await this.#begin(args);
    } catch (error) {
      if (isRefusal(error)) return this.#abort(args, error);
      throw error;
    }
  }

  /** Right before the model is asked: what others have put in the place of the metered one would spend past every budget. */
  async checkModel({ model, abort }: ProcessLLMRequestArgs<RefusalMetadata>): Promise<undefined> {
    if (isMetered(model)) return undefined;
    const { model: id, provider } = nameOf(model as AnyModel);
    return this.#abort(
      { abort },
      new InvalidOptionError(
        `Another processor or prepareStep has put ${id} of ${provider} in the place of the metered model, and no budget would stop it. ` +
          "Put wfloProcessor after that processor, or return meterModel(model) there.",
      ),
    );
  }

  /** After each model: aborts where it was refused. */
  async end({ model, abort }: ProcessLLMResponseArgs<RefusalMetadata>): Promise<undefined> {
    const refusal = this.#refusals.get(model);
    return refusal === undefined ? undefined : this.#abort({ abort }, refusal);
  }

  async #begin(args: StepArgs): Promise<ProcessInputStepResult> {
    const { structuredOutput, tools, requestContext } = args;
    const owner = await this.#agents.one(args.agent);
    const found = await this.attributionOf(args);
    const { wflo } = found;
    if (owner !== undefined) await this.#warnOf(wflo, owner);
    const attribution = { ...found, agent: this.#options.agent ?? owner?.id };
    // To a network a tripwire is an answer that makes no sense; of an error it tells.
    const isDeciding = requestAround()?.isNetwork === true && structuredOutput !== undefined;
    if (!isDeciding) await this.#lookBefore(args, attribution);
    if (structuredOutput?.model !== undefined && !isMetered(structuredOutput.model))
      wflo.reportUnmetered({ provider: "mastra", what: "the model of structuredOutput" });
    // Without the hook after the answer, a refusal stays an error.
    const quiet = args.llmRequestStage === true && !isDeciding;
    const model: StepArgs["model"] = attributedModel(
      this.#models.metered(args.model),
      attribution,
      quiet ? (refusal) => void this.#refusals.set(model, refusal) : undefined,
    );
    if (tools === undefined) return { model };
    const request = { requestContext: requestAround()?.requestContext ?? requestContext, isNetwork: false };
    return { model, tools: attributedTools(tools, { attribution, request }) };
  }

  async #lookBefore(args: StepArgs, attribution: Attribution & { readonly wflo: Wflo }): Promise<void> {
    const { wflo, budgets = [] } = attribution;
    const { provider, model } = nameOf(args.model as AnyModel, this.#options.provider);
    const { maxOutputTokens } = args.modelSettings ?? {};
    await attributed(attribution, () =>
      wflo.checkBudgets({ provider, model, parts: [], budgets, maxOutputTokens, clamp: this.#options.clamp }),
    );
  }

  async #warnOf(wflo: Wflo, agent: Agent): Promise<void> {
    if (this.#known.has(agent)) return;
    this.#known.add(agent);
    for (const what of await unmeteredSpenders(agent, this.#own()))
      wflo.reportUnmetered({ provider: "mastra", what });
  }

  async #abort({ abort }: Pick<StepArgs, "abort">, refusal: WfloError): Promise<never> {
    noteRefusal(refusal);
    const detail = refusalMetadata(refusal, PROCESSOR);
    const reason = abortReason(this.#options.message, refusal, detail);
    await this.#violations.tell({ processorId: PROCESSOR, message: reason, detail });
    return abort(reason, { retry: false, metadata: detail });
  }
}
