import { bindWrapper, type MoneyInput } from "@wflo/core";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { isChatModel } from "./chat-model.ts";
import { currentGraphRun } from "./graph-run.ts";
import { meterChatModel } from "./meter-chat-model.ts";
import { isMetered } from "./metered-calls.ts";
import { covered, type ModelCall } from "./model-call.ts";
import type { MeterOptions } from "./model-options.ts";
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
  const { tools, ...meterOptions } = options;
  const models = new WeakMap<BaseChatModel, BaseChatModel>();
  const metered = (model: unknown): unknown => {
    if (!isChatModel(model) || isMetered(model)) return model;
    const known = models.get(model) ?? meterChatModel(model, meterOptions);
    models.set(model, known);
    return known;
  };
  const middleware: WfloAgentMiddleware = {
    name: "wflo",
    async wrapModelCall(request, handler) {
      const modelCall: ModelCall = { refusal: undefined };
      const callbacks = new WfloCallbacks(meterOptions, { graphRun: currentGraphRun(), modelCall });
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
  return tools === undefined ? middleware : { ...middleware, wrapToolCall: pricedTools(options, tools) };
}

function pricedTools(
  options: AgentMiddlewareOptions,
  tools: NonNullable<AgentMiddlewareOptions["tools"]>,
): NonNullable<WfloAgentMiddleware["wrapToolCall"]> {
  const bind = bindWrapper(options);
  return async (request, handler) => {
    const { name } = request.toolCall;
    if (!Object.hasOwn(tools, name)) return handler(request);
    const { wflo, request: bound } = await bind();
    const { budgets, agent } = bound;
    const priced = {
      provider: "tool",
      model: name,
      parts: [],
      tool: true,
      price: tools[name]?.price,
      budgets,
      agent,
    };
    return wflo.guardCall(priced, async () => ({ value: await handler(request), usage: undefined }));
  };
}
