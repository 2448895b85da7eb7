import { withMethods } from "@wflo/ai-sdk/models";
import { attributed, type Attribution, type WfloError } from "@wflo/core";
import { isRefusal } from "../errors.ts";

type Ask = (options: object) => PromiseLike<object>;

/**
 * A metered model of one step of an agent: its calls belong to what is around the agent. With `onRefusal`, a refusal is told to it, and the model
 * answers with nothing, which the processor then stops the agent for: an error Mastra would try again, or another model instead.
 */
export function attributedModel<Model extends object>(
  model: Model,
  attribution: Attribution,
  onRefusal: ((refusal: WfloError) => void) | undefined,
): Model {
  const methodOf = (name: string) => {
    if (name !== "doGenerate" && name !== "doStream") return undefined;
    return async (options: object) => {
      const ask = (model as Record<string, Ask>)[name];
      try {
        return await attributed(attribution, async () => ask?.call(model, options));
      } catch (error) {
        if (onRefusal === undefined || !isRefusal(error)) throw error;
        onRefusal(error);
        return nothing();
      }
    };
  };
  return withMethods(model, methodOf);
}

/** An answer of no parts and no tokens. */
function nothing(): object {
  const none = { total: 0 };
  return {
    warnings: [],
    request: {},
    stream: new ReadableStream({
      start(controller) {
        controller.enqueue({ type: "stream-start", warnings: [] });
        controller.enqueue({
          type: "finish",
          finishReason: { unified: "other", raw: "wflo-budget" },
          usage: { inputTokens: none, outputTokens: none },
        });
        controller.close();
      },
    }),
  };
}
