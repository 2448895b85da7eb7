import type { BoundWrapper, Outcome } from "@wflo/core";
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import { currentAgentRun } from "../agents/agent-run.ts";
import { askedContent } from "../agents/asked-content.ts";
import { savedAnswer, savedStream, type Asked } from "../agents/saved-answer.ts";
import { withCap } from "../calls/asked-settings.ts";
import { languageCall } from "../calls/language-call.ts";
import { chargedInside, isWithinLayer } from "../calls/layers.ts";
import { withCharge } from "../calls/told-charge.ts";
import type { AskedCall, AskedStream, ModelGuard } from "../guard.ts";
import { partMeter } from "../streams/part-meter.ts";
import { toldParts } from "../streams/told-parts.ts";
import { outcomeOfAnswer, UNKNOWN_USAGE } from "../usage.ts";

/** Asks language models through the door. */
export class LanguageModelCalls {
  readonly #guard: ModelGuard;
  readonly #provider: string | undefined;

  constructor(guard: ModelGuard, provider: string | undefined) {
    this.#guard = guard;
    this.#provider = provider;
  }

  generate(
    model: LanguageModelV4,
    options: LanguageModelV4CallOptions,
  ): Promise<LanguageModelV4GenerateResult> {
    const ask = (
      given: LanguageModelV4CallOptions,
      { wflo }: BoundWrapper,
    ): AskedCall<LanguageModelV4GenerateResult> => ({
      request: languageCall(model, given, this.#provider),
      outcome: (result) => outcomeOfWhole(result, wflo),
      told: (result, charge) => withCharge(withUsage(result), charge, wflo),
    });
    const capped = cappedFor(model);
    const answer = () => this.#guard.generate({ ask, capped }, options, (sent) => model.doGenerate(sent));
    const agentRun = agentRunOf(options);
    return agentRun === undefined ? answer() : savedAnswer(agentRun, askedOf(model, options), answer);
  }

  stream(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    // What the provider itself says is charged.
    const send = (sent: LanguageModelV4CallOptions) => model.doStream({ ...sent, includeRawChunks: true });
    return this.#stream(model, options, send);
  }

  /**
   * The same of a model whose `doGenerate` gives its answer as a stream: with its fields beside, which then are what is charged, or, of an
   * answer that failed, alone.
   */
  generateStreamed(
    model: LanguageModelV4,
    options: LanguageModelV4CallOptions,
  ): Promise<LanguageModelV4StreamResult> {
    const send = (sent: LanguageModelV4CallOptions) => model.doGenerate(sent) as PromiseLike<StreamedAnswer>;
    return this.#stream(model, options, send);
  }

  #stream(
    model: LanguageModelV4,
    options: LanguageModelV4CallOptions,
    send: (sent: LanguageModelV4CallOptions) => PromiseLike<LanguageModelV4StreamResult>,
  ): Promise<LanguageModelV4StreamResult> {
    const ask = (
      given: LanguageModelV4CallOptions,
      { wflo }: BoundWrapper,
    ): AskedStream<LanguageModelV4StreamPart> => ({
      request: languageCall(model, given, this.#provider),
      meter: ({ reasoning, onCut }) =>
        partMeter({
          showsAll: reasoning === false,
          truncates: onCut === "truncate",
          showsRaw: given.includeRawChunks === true,
          wflo,
        }),
      outcome: (result) => (isWhole(result) ? outcomeOfWhole(result, wflo) : undefined),
      told: (parts, grant) => toldParts(parts, grant, wflo),
    });
    const answer = () => this.#guard.stream({ ask, capped: cappedFor(model) }, options, send);
    const agentRun = agentRunOf(options);
    return agentRun === undefined ? answer() : savedStream(agentRun, askedOf(model, options), answer);
  }
}

type StreamedAnswer = LanguageModelV4StreamResult & Partial<LanguageModelV4GenerateResult>;

function isWhole(result: object): result is LanguageModelV4GenerateResult {
  return "content" in result && Array.isArray(result.content);
}

function outcomeOfWhole(result: LanguageModelV4GenerateResult, wflo: object): Outcome {
  return chargedInside(result.providerMetadata, wflo) ?? outcomeOfAnswer(result);
}

/** The SDK breaks over an answer without usage, which was paid for. */
function withUsage(result: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult {
  const { usage = UNKNOWN_USAGE } = result as Partial<LanguageModelV4GenerateResult>;
  return { ...result, usage };
}

function cappedFor(model: LanguageModelV4) {
  return (options: LanguageModelV4CallOptions, maxOutputTokens: number | undefined) =>
    withCap(model, options, maxOutputTokens);
}

function askedOf(model: LanguageModelV4, options: LanguageModelV4CallOptions): Asked {
  return { content: askedContent(model, options), signal: options.abortSignal };
}

/** Of several layers, the outermost saves. */
function agentRunOf(options: object) {
  return isWithinLayer(options) ? undefined : currentAgentRun();
}
