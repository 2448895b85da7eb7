import type { BoundWrapper } from "@wflo/core";
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import { currentAgentRun } from "../agents/agent-run.ts";
import { askedContent } from "../agents/asked-content.ts";
import { savedAnswer, savedStream } from "../agents/saved-answer.ts";
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
      outcome: (result) => chargedInside(result.providerMetadata, wflo) ?? outcomeOfAnswer(result),
      told: (result, charge) => withCharge(withUsage(result), charge, wflo),
    });
    const answer = () =>
      this.#guard.generate({ ask, capped: withCap }, options, (sent) => model.doGenerate(sent));
    const agentRun = agentRunOf(options);
    return agentRun === undefined ? answer() : savedAnswer(agentRun, askedContent(model, options), answer);
  }

  stream(model: LanguageModelV4, options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
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
      told: (parts, grant) => toldParts(parts, grant, wflo),
    });
    const answer = () =>
      this.#guard.stream({ ask, capped: withCap }, options, (sent) =>
        // What the provider itself says is charged.
        model.doStream({ ...sent, includeRawChunks: true }),
      );
    const agentRun = agentRunOf(options);
    return agentRun === undefined ? answer() : savedStream(agentRun, askedContent(model, options), answer);
  }
}

/** The SDK breaks over an answer without usage, which was paid for. */
function withUsage(result: LanguageModelV4GenerateResult): LanguageModelV4GenerateResult {
  const { usage = UNKNOWN_USAGE } = result as Partial<LanguageModelV4GenerateResult>;
  return { ...result, usage };
}

/** Of several layers, the outermost saves. */
function agentRunOf(options: object) {
  return isWithinLayer(options) ? undefined : currentAgentRun();
}
