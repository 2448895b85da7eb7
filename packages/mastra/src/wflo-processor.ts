import type { Mastra } from "@mastra/core/mastra";
import type {
  InputProcessor,
  ProcessInputStepArgs,
  ProcessLLMRequestArgs,
  ProcessLLMResponseArgs,
  Processor,
} from "@mastra/core/processors";
import { bindWrapper, checkOptions } from "@wflo/core";
import { BudgetedSteps } from "./agents/budgeted-steps.ts";
import { leadNetworks } from "./agents/networks.ts";
import type { RefusalMetadata } from "./errors.ts";
import { PROCESSOR_OPTIONS, type ProcessorOptions } from "./options.ts";

/** An input processor of Mastra's that stops an agent before it spends what its budgets do not have. */
export type WfloProcessor = Omit<Processor<"wflo", RefusalMetadata>, "onViolation"> &
  InputProcessor<RefusalMetadata>;

/**
 * For `new Agent({ inputProcessors: [wfloProcessor({ maxCost: "0.50", scope: "thread" })] })`: every request of the agent's models is held for on
 * the budgets before it is sent, and charged what it used. A refusal stops the agent by a tripwire, whose metadata tells of it: no
 * model is tried again, and none of a list of fallbacks after it. Metered calls of agents and tools that work for the agent are on its budgets too.
 * Models that Mastra asks past its processors (titles of threads, structured output by another model, scorers) are metered by `meterModel`.
 * Throws `InvalidOptionError` and `InvalidAmountError`.
 */
export function wfloProcessor(options: ProcessorOptions = {}): WfloProcessor {
  checkOptions("The options of wfloProcessor", options, PROCESSOR_OPTIONS);
  const { budgets: _, ...wrapper } = options;
  const steps = new BudgetedSteps(options, bindWrapper(wrapper), () => known);
  const processor = {
    id: "wflo" as const,
    name: "wflo",
    __registerMastra: (mastra: Mastra) => steps.register(mastra),
    processInputStep: (args: ProcessInputStepArgs<RefusalMetadata>) => steps.begin(args),
    processLLMRequest: (args: ProcessLLMRequestArgs<RefusalMetadata>) => steps.checkModel(args),
    processLLMResponse: (args: ProcessLLMResponseArgs<RefusalMetadata>) => steps.end(args),
  };
  const known: WfloProcessor = new Proxy(processor, {
    // Mastra starts tools while an answer still streams only where nobody looks at the answer afterwards. Here only those are looked at that were
    // refused, which call no tools.
    has: (target, key) => key !== "processLLMResponse" && Reflect.has(target, key),
  });
  leadNetworks(known, (requestContext) => steps.attributionOf({ requestContext }));
  return known;
}
