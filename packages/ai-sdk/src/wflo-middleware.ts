import { bindWrapper, checkOptions } from "@wflo/core";
import type { LanguageModelV4Middleware } from "@ai-sdk/provider";
import { ModelGuard } from "./guard.ts";
import { LanguageModelCalls } from "./models/language-model.ts";
import { METER_OPTIONS, type MeterOptions } from "./options.ts";

/**
 * For `wrapLanguageModel({ model, middleware: [wfloMiddleware(), …] })`: every request of the model behind wflo's door, each retry as a
 * call of its own. First in the list it counts what the others ask for, last what is sent in the end. `meter(model)` does the same
 * without a list, for every kind of model.
 */
export function wfloMiddleware(options: MeterOptions = {}): LanguageModelV4Middleware {
  checkOptions("The options of wfloMiddleware", options, METER_OPTIONS);
  const calls = new LanguageModelCalls(new ModelGuard(bindWrapper(options)), options.provider);
  return {
    specificationVersion: "v4",
    // `model` is what the SDK's own `doGenerate` asks, with options that can no longer be changed.
    wrapGenerate: ({ model, params }) => calls.generate(model, params),
    wrapStream: ({ model, params }) => calls.stream(model, params),
  };
}
