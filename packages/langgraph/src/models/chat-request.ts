import { modelThinks, providerOfUrl, type GuardRequest } from "@wflo/core";
import type { LangSmithParams } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import {
  askedCap,
  askedOutputs,
  asksToThink,
  hasThinkingBudget,
  providersWork,
  settingsPart,
  textOf,
  type Params,
} from "./asked-params.ts";
import type { CallOptions, ChatModelParts } from "./chat-model.ts";
import { messageParts } from "./message-parts.ts";

/** Where a model may tell to whom it sends. */
const URL_FIELDS = ["apiUrl", "baseUrl", "baseURL", "azureOpenAIEndpoint", "endpoint"] as const;

/** What the door is told of a request of a chat model. */
export type ChatRequest = Pick<
  GuardRequest,
  | "provider"
  | "model"
  | "parts"
  | "follows"
  | "host"
  | "maxOutputTokens"
  | "outputs"
  | "reasoning"
  | "serviceTier"
  | "modifiers"
  | "canCap"
>;

/** A speed and a place of inference at the list price. */
const PLAIN = new Set(["global", "standard"]);

/** Reads what a chat model is about to send. `provider`: whose prices apply, if the caller says so. */
export function chatRequest(
  model: ChatModelParts,
  messages: readonly BaseMessage[],
  options: CallOptions,
  provider?: string,
): ChatRequest {
  const params = paramsOf(model, options);
  const url = urlOf(model);
  const told: Partial<LangSmithParams> = model.getLsParams?.(options) ?? {};
  const whose = provider ?? providerFrom(textOf(told.ls_provider), url);
  const name = modelName(model, whose, textOf(told.ls_model_name) ?? textOf(params["model"]));
  return {
    provider: whose,
    model: name,
    parts: [settingsPart(params), ...messageParts(messages), ...providersWork(params)],
    follows: textOf(params["previous_response_id"]),
    host: url !== undefined && URL.canParse(url) ? new URL(url).host : undefined,
    maxOutputTokens: askedCap({ ...params, maxTokens: params["maxTokens"] ?? told.ls_max_tokens }),
    outputs: askedOutputs(params),
    reasoning: asksToThink(params) ? true : modelThinks(whose, name),
    serviceTier: textOf(params["service_tier"]),
    modifiers: ["speed", "inference_geo"].flatMap((name) => {
      const asked = textOf(params[name]);
      return asked === undefined || PLAIN.has(asked) ? [] : [`${name}:${asked}`];
    }),
    canCap: !hasThinkingBudget(params),
  };
}

function paramsOf(model: ChatModelParts, options: CallOptions): Params {
  const params = model.invocationParams?.(options);
  const asked = typeof params === "object" && params !== null ? (params as Params) : {};
  // A model that does not tell what it sends may still send its tools.
  return asked["tools"] === undefined && options["tools"] !== undefined
    ? { ...asked, tools: options["tools"] }
    : asked;
}

/** Whose prices apply: who the model says it is of, or whose URL it has. */
export function providerFrom(told: string | undefined, url: string | undefined): string {
  if (told === undefined) return "unknown";
  return told === "openai" && url !== undefined ? providerOfUrl(url) : told;
}

/** Azure serves a deployment, whatever model the caller names. */
function modelName(model: ChatModelParts, provider: string, told: string | undefined): string {
  const fields = model as unknown as Params;
  const deployment = provider === "azure" ? textOf(fields["azureOpenAIApiDeploymentName"]) : undefined;
  return deployment ?? told ?? textOf(fields["model"]) ?? textOf(fields["modelName"]) ?? "unknown";
}

function urlOf(model: ChatModelParts): string | undefined {
  const fields = model as unknown as Params;
  const config = fields["clientConfig"] as Params | undefined;
  return textOf(config?.["baseURL"]) ?? URL_FIELDS.map((name) => textOf(fields[name])).find(Boolean);
}
