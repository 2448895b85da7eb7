import { isNothing, NativeAnswer, usageOfResponse, type Outcome, type ToldByProvider } from "@wflo/core";
import type { LanguageModelV4Usage } from "@ai-sdk/provider";

/** What the SDK has for usage that was not told; it cannot do without any. */
export const UNKNOWN_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

type Fields = Readonly<Record<string, unknown>>;

/** An outcome of an answer that came. */
export type Answered = Extract<Outcome, { kind: "answered" }>;

/** What an answer of a language model tells of money. */
export interface Told {
  readonly usage?: unknown;
  readonly providerMetadata?: unknown;
  /** Calls of tools that the provider ran are among it. */
  readonly content?: readonly unknown[] | undefined;
  readonly response?:
    | { readonly id?: unknown; readonly modelId?: unknown; readonly body?: unknown }
    | undefined;
  /** Ids under which the provider keeps what it made. */
  readonly itemIds?: readonly string[] | undefined;
  /** What the provider itself has told, where that was seen. */
  readonly native?: ToldByProvider | undefined;
}

/**
 * What an answer means for money: its usage, the model and the tier that served it, by the provider's own word where that can be read, since
 * the SDK's leaves parts out.
 */
export function outcomeOfAnswer(told: Told): Answered {
  const {
    usage,
    providerMetadata,
    content = [],
    response,
    itemIds,
    native = nativeOf(response?.body),
  } = told;
  // Nothing is answered for no tokens: a server that says so does not count.
  const counted = native === undefined || isNothing(native.usage) ? undefined : native;
  const measured =
    counted ??
    usageOfResponse({ usage, providerMetadata, content, response: { modelId: response?.modelId } });
  const metadata = fieldsOf(providerMetadata);
  const answerId = Object.values(metadata ?? {}).map((own) => fieldsOf(own)?.["responseId"]);
  return {
    kind: "answered",
    usage: measured?.usage,
    model: measured?.model ?? textOf(response?.modelId),
    serviceTier: measured?.serviceTier,
    answerId: answerId.map(textOf).find(Boolean) ?? textOf(response?.id),
    itemIds: itemIds ?? content.flatMap((part) => itemIdsOf(part)),
  };
}

function nativeOf(body: unknown): ToldByProvider | undefined {
  const native = new NativeAnswer();
  native.note(body);
  return native.told();
}

/** Ids under which the provider keeps a part of an answer. */
export function itemIdsOf(part: unknown): string[] {
  const metadata = fieldsOf(fieldsOf(part)?.["providerMetadata"]);
  return Object.values(metadata ?? {}).flatMap((own) => textOf(fieldsOf(own)?.["itemId"]) ?? []);
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
