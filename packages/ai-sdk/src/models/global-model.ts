import type { LanguageModelV4, ProviderV4 } from "@ai-sdk/provider";
import { gateway, wrapLanguageModel } from "ai";

/** The model that the AI SDK means by an id, which it looks up anew each time: of the global provider, by default the gateway. */
export function globalModel(modelId: string): LanguageModelV4 {
  const model = () => {
    const { AI_SDK_DEFAULT_PROVIDER: provider = gateway } = globalThis as {
      AI_SDK_DEFAULT_PROVIDER?: Pick<ProviderV4, "languageModel">;
    };
    return wrapLanguageModel({ model: provider.languageModel(modelId), middleware: [] });
  };
  return {
    specificationVersion: "v4",
    modelId,
    get provider() {
      return model().provider;
    },
    get supportedUrls() {
      return model().supportedUrls;
    },
    doGenerate: (options) => model().doGenerate(options),
    doStream: (options) => model().doStream(options),
  };
}
