import { providerOfUrl } from "@wflo/core";

/** What every model of the AI SDK tells of itself. */
export interface AnyModel {
  readonly specificationVersion: string;
  readonly provider: string;
  /** What is no model, such as a provider's batches, has none. */
  readonly modelId?: string;
}

/** A model as the ledger knows it. */
export interface ModelName {
  readonly provider: string;
  readonly model: string;
  /** To whom it sends, where that is known. */
  readonly host: string | undefined;
}

interface Config {
  readonly baseURL?: unknown;
  readonly url?: unknown;
}

/** Whose model it is. A gateway has the provider in the id: `openai/gpt-4.1`. */
export function nameOf(model: AnyModel, provider?: string): ModelName {
  const url = urlOf(model);
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
  const { modelId = "unknown" } = model;
  if (provider !== undefined) return { provider, model: modelId, host };
  const slash = modelId.indexOf("/");
  if (isGateway(model.provider) && slash > 0)
    return { provider: modelId.slice(0, slash), model: modelId.slice(slash + 1), host };
  const isOpenAI = model.provider === "openai" || model.provider.startsWith("openai.");
  return {
    provider: isOpenAI && url !== undefined ? providerOfUrl(url) : model.provider,
    model: modelId,
    host,
  };
}

function isGateway(provider: string): boolean {
  return provider === "gateway" || provider.startsWith("gateway.");
}

/** Models of the SDK's own providers keep it in their configuration, as a text or as a function. */
function urlOf(model: AnyModel): string | undefined {
  const { config } = model as { readonly config?: Config };
  if (typeof config !== "object" || config === null) return undefined;
  if (typeof config.baseURL === "string") return config.baseURL;
  if (typeof config.url !== "function") return undefined;
  try {
    const url: unknown = (config.url as (at: object) => unknown)({ path: "/", modelId: model.modelId });
    return typeof url === "string" ? url : undefined;
  } catch {
    return undefined;
  }
}
