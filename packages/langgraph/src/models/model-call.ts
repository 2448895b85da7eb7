import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import { getContextVariable, registerConfigureHook, setContextVariable } from "@langchain/core/context";
import type { BaseCallbackHandler } from "@langchain/core/callbacks/base";

/** One call of a model by an agent, with whatever retries and fallbacks stand around it. */
export interface ModelCall {
  /** The first refusal: it stays refused, whoever asks again. */
  refusal: unknown;
}

const MODEL_CALL = "wflo_model_call";
const HANDLER = "wflo_callbacks";

/** The agent's call of a model around, if there is one. */
export function currentModelCall(): ModelCall | undefined {
  return getContextVariable<ModelCall>(MODEL_CALL);
}

/** Who is told here of every model that nobody wrapped, if anybody is. */
export function coveringHandler(): BaseCallbackHandler | undefined {
  return getContextVariable<BaseCallbackHandler>(HANDLER);
}

/** Does work of which every model that nobody wrapped is told to a handler, and that belongs to an agent's call if there is one. */
export function covered<T>(handler: BaseCallbackHandler, call: ModelCall | undefined, work: () => T): T {
  const storage = AsyncLocalStorageProviderSingleton.getInstance();
  return storage.run(storage.getStore(), () => {
    // Hooks are kept in the context as well.
    if (coveringHandler() === undefined) registerConfigureHook({ contextVar: HANDLER, inheritable: true });
    setContextVariable(HANDLER, handler);
    setContextVariable(MODEL_CALL, call);
    return work();
  });
}
