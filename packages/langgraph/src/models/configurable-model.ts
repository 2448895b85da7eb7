import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** `initChatModel` of langchain makes a model that picks another one at each call, and does to it what was done to itself. */
interface ConfigurableParts {
  _getModelInstance(config: unknown): Promise<object>;
  _queuedMethodOperations: Record<string, unknown[]>;
  _modelInstanceCache: Map<string, unknown>;
  bindTools(...args: unknown[]): object;
  withStructuredOutput(...args: unknown[]): object;
}

/** What of such a model has to be put in place of its own, so that the model it picks is metered; undefined for other models. */
export function configurableParts(
  model: BaseChatModel,
  meter: (model: BaseChatModel) => object,
  again: (made: object) => object,
): object | undefined {
  const parts = model as unknown as Partial<ConfigurableParts>;
  if (typeof parts._getModelInstance !== "function" || parts._queuedMethodOperations === undefined)
    return undefined;
  const whole = parts as ConfigurableParts;
  // Picks the model without what is to be done to it, which the metered one has to do.
  const picking = Object.create(model) as ConfigurableParts;
  picking._queuedMethodOperations = {};
  picking._modelInstanceCache = new Map();
  return {
    async _getModelInstance(config: unknown): Promise<object> {
      let picked = meter((await picking._getModelInstance(config)) as BaseChatModel);
      for (const [method, args] of Object.entries(whole._queuedMethodOperations)) {
        const operation: unknown = Reflect.get(picked, method);
        if (typeof operation === "function")
          picked = (await Reflect.apply(operation, picked, args)) as object;
      }
      return picked;
    },
    bindTools: (...args: unknown[]) => again(whole.bindTools(...args)),
    withStructuredOutput: (...args: unknown[]) => again(whole.withStructuredOutput(...args)),
  };
}
