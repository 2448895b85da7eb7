import { bindWrapper, checkOptions, type Answer, type BoundWrapper, type MoneyInput } from "@wflo/core";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { isChatModel } from "./models/chat-model.ts";
import { metRefusal } from "./errors.ts";
import { currentGraphPlace } from "./graphs/graph-place.ts";
import { currentGraphRun } from "./graphs/graph-run.ts";
import { meteredModel } from "./meter-chat-model.ts";
import { isMetered } from "./models/metered-calls.ts";
import { covered, type ModelCall } from "./models/model-call.ts";
import { METER_OPTIONS, type MeterOptions } from "./options.ts";
import { WfloCallbacks } from "./wflo-callbacks.ts";

/** How an agent's models and tools are accounted for. */
export interface AgentMiddlewareOptions extends MeterOptions {
  /** Tools that cost something, by their names, with what each call costs. Held before the call, charged when it answers. */
  readonly tools?: Readonly<Record<string, { readonly price: MoneyInput }>> | undefined;
}

/** The part of LangChain's `AgentMiddleware` that wflo has. */
export interface WfloAgentMiddleware {
  readonly name: string;
  wrapModelCall<Request extends { readonly model: unknown }, Answer>(
    request: Request,
    handler: (request: Request) => Answer | Promise<Answer>,
  ): Promise<Answer>;
  wrapToolCall?<Request extends { readonly toolCall: { readonly name: string } }, Answer>(
    request: Request,
    handler: (request: Request) => Answer | Promise<Answer>,
  ): Promise<Answer>;
}

/**
 * For `createAgent({ middleware: [wfloAgentMiddleware(), …] })`: meters the agent's model, and every other one that its call comes to, such
 * as those of a fallback. Put it first: retries and fallbacks inside it then neither repeat nor swallow a refusal.
 */
export function wfloAgentMiddleware(options: AgentMiddlewareOptions = {}): WfloAgentMiddleware {
  checkOptions("The options of wfloAgentMiddleware", options, { ...METER_OPTIONS, tools: true });
  const { tools, ...meterOptions } = options;
  // One for all, so that a budget of its own is one budget.
  const bind = bindWrapper(meterOptions);
  const models = new WeakMap<BaseChatModel, BaseChatModel>();
  const metered = (model: unknown): unknown => {
    if (!isChatModel(model) || isMetered(model)) return model;
    const known = models.get(model) ?? meteredModel(model, meterOptions, bind);
    models.set(model, known);
    return known;
  };
  const middleware: WfloAgentMiddleware = {
    name: "wflo",
    async wrapModelCall(request, handler) {
      const modelCall: ModelCall = { refusal: undefined };
      const callbacks = new WfloCallbacks(meterOptions, { graphRun: currentGraphRun(), modelCall }, bind);
      try {
        const answer = await covered(callbacks, modelCall, () =>
          handler({ ...request, model: metered(request.model) }),
        );
        if (modelCall.refusal !== undefined) throw modelCall.refusal;
        return answer;
      } catch (error) {
        throw modelCall.refusal ?? error;
      }
    },
  };
  return tools === undefined ? middleware : { ...middleware, wrapToolCall: pricedTools(bind, tools) };
}

type ToolAnswer<Value> = { readonly value: Value } | { readonly error: unknown };

function pricedTools(
  bind: () => Promise<BoundWrapper>,
  tools: NonNullable<AgentMiddlewareOptions["tools"]>,
): NonNullable<WfloAgentMiddleware["wrapToolCall"]> {
  return async (request, handler) => {
    const { name } = request.toolCall;
    if (!Object.hasOwn(tools, name)) return handler(request);
    const { wflo, request: bound } = await bind();
    const { place, agent } = currentGraphPlace();
    const priced = {
      provider: "tool",
      model: name,
      parts: [],
      tool: true,
      price: tools[name]?.price,
      budgets: bound.budgets,
      agent: bound.agent ?? agent,
      place,
    };
    try {
      const answer = await wflo.guardCall(priced, async () => answerOf(() => handler(request)));
      if ("error" in answer) throw answer.error;
      return answer.value;
    } catch (error) {
      throw metRefusal(error, { graphRun: currentGraphRun(), modelCall: undefined });
    }
  };
}

/** A tool that stops to ask a person, or whose arguments were not its own, has done nothing yet: it is charged when it answers. */
async function answerOf<Value>(work: () => Value | Promise<Value>): Promise<Answer<ToolAnswer<Value>>> {
  try {
    return { value: { value: await work() }, usage: undefined };
  } catch (error) {
    if (!hasDoneNothing(error)) throw error;
    return { value: { error }, outcome: { kind: "rejected", reason: "the tool did nothing yet" } };
  }
}

function hasDoneNothing(error: unknown): boolean {
  const { name, is_bubble_up: isStop } = (error ?? {}) as { name?: unknown; is_bubble_up?: unknown };
  return isStop === true || name === "ToolInvocationError";
}
