import { modelThinks, type GuardRequest } from "@wflo/core";
import type { Serialized } from "@langchain/core/load/serializable";
import type { BaseMessage } from "@langchain/core/messages";
import {
  askedCap,
  askedOutputs,
  asksToThink,
  providersWork,
  settingsPart,
  textOf,
  type Params,
} from "./asked-params.ts";
import { providerFrom } from "./chat-request.ts";
import { messageParts } from "./message-parts.ts";
import { graphPlaceOf } from "../graphs/graph-place.ts";
import type { MeterOptions } from "../options.ts";

/** How often LangChain sends a request again unless a model says otherwise. */
const DEFAULT_RETRIES = 6;

/** What LangChain tells of a call that begins. */
export interface Start {
  readonly llm: Serialized;
  readonly messages: readonly BaseMessage[];
  readonly extra: Params;
  readonly metadata: Params;
}

/** The signal of a call's caller. */
export function signalOf({ extra }: Start): AbortSignal | undefined {
  const { signal } = (extra["options"] ?? {}) as { readonly signal?: unknown };
  return signal instanceof AbortSignal ? signal : undefined;
}

/** What is known of a request from what LangChain tells. */
export function unwrappedRequest(
  { llm, messages, extra, metadata }: Start,
  options: MeterOptions,
): GuardRequest {
  const params = (extra["invocation_params"] ?? {}) as Params;
  const kwargs = ((llm as { kwargs?: unknown }).kwargs ?? {}) as Params;
  const configuration = (kwargs["configuration"] ?? {}) as Params;
  const url = textOf(configuration["baseURL"]) ?? textOf(configuration["base_url"]);
  const provider = options.provider ?? providerFrom(textOf(metadata["ls_provider"]), url);
  const model =
    textOf(metadata["ls_model_name"]) ?? textOf(params["model"]) ?? textOf(params["model_name"]) ?? "unknown";
  const retries = kwargs["max_retries"] ?? kwargs["maxRetries"];
  return {
    provider,
    model,
    parts: [settingsPart(params), ...messageParts(messages), ...providersWork(params)],
    maxOutputTokens: askedCap({ ...params, maxTokens: params["maxTokens"] ?? metadata["ls_max_tokens"] }),
    outputs: askedOutputs(params),
    reasoning: asksToThink(params) ? true : modelThinks(provider, model),
    serviceTier: textOf(params["service_tier"]),
    canCap: false,
    attempts:
      1 + (Number.isSafeInteger(retries) && (retries as number) >= 0 ? (retries as number) : DEFAULT_RETRIES),
    place: graphPlaceOf(undefined, metadata).place,
  };
}
