import { type LedgerLine, usd } from "@wflo/core";
import type { StormStory } from "./storm-client.ts";
import { STORM_MODELS, stormCost } from "./storm-plan.ts";
import type { StormRequest } from "./storm-simulator.ts";

/** How a request came to its end, as far as its books go. */
export type StormFate =
  | "read to its end"
  | "drained"
  | "cancelled"
  | "cut by the provider"
  | "refused by the provider";

/** One request beside its entries. Nano-dollars. */
export interface StormJudgement {
  readonly fate: StormFate;
  /** Of a model whose thoughts are billed and not shown. */
  readonly thinks: boolean;
  readonly billedNanoUsd: bigint;
  readonly chargedNanoUsd: bigint;
  readonly heldNanoUsd: bigint;
  readonly kinds: string;
  /** What is wrong, with everything needed to look for it; undefined when the promise was kept. */
  readonly wrong: string | undefined;
}

/** The ledger beside the simulator's journal. */
export interface StormBooks {
  readonly judged: readonly StormJudgement[];
  /** Requests whose call has no entry, and calls with two requests. */
  readonly lost: readonly string[];
  /** Calls that were cut while they were being sent, so that the provider never had them whole: charged, since nobody can know. */
  readonly early: number;
  /** Other calls with a charge and without a request. */
  readonly madeUp: readonly string[];
  /** Calls that were granted and given up before they were sent. */
  readonly neverSent: number;
}

/** Compares call by call. */
export function compareStorm(
  served: readonly StormRequest[],
  stories: readonly StormStory[],
  lines: readonly LedgerLine[],
): StormBooks {
  const entries = Map.groupBy(lines, ({ callId }) => callId);
  const requests = Map.groupBy(served, ({ callId }) => callId);
  const storyOf = new Map(stories.map((story) => [story.stream.number, story]));
  const judged: StormJudgement[] = [];
  const lost: string[] = [];
  for (const [callId, of] of requests) {
    const [request] = of;
    const story = request && storyOf.get(request.stream);
    const found = entries.get(callId);
    if (request === undefined || story === undefined || of.length > 1 || found === undefined)
      lost.push(`${callId}: ${JSON.stringify(of)}`);
    else judged.push(judge(request, story, found));
  }
  const unsent = [...entries].filter(([callId]) => !requests.has(callId));
  const isEarly = new Set(stories.filter(isCancelled).flatMap(({ callIds }) => callIds));
  const charged = unsent.filter(([, of]) => sumOf(of) !== 0n);
  const madeUp = charged.filter(([callId]) => !isEarly.has(callId));
  return {
    judged,
    lost,
    madeUp: madeUp.map(
      ([callId, of]) => `${callId}: ${of.map((one) => `${one.kind} ${one.charged}`).join()}`,
    ),
    early: charged.length - madeUp.length,
    neverSent: unsent.length - charged.length,
  };
}

function judge(request: StormRequest, story: StormStory, found: readonly LedgerLine[]): StormJudgement {
  const { inputTokens, outputTokens } = request;
  const billedNanoUsd =
    inputTokens === undefined || outputTokens === undefined ? 0n : stormCost(inputTokens, outputTokens);
  const chargedNanoUsd = sumOf(found);
  const heldNanoUsd = usd(found[0]?.held ?? 0).nanoUsd;
  const kinds = found.map(({ kind }) => kind).join(" then ");
  const fate = fateOf(request, story, kinds);
  const isKept = isRight(fate, { billedNanoUsd, chargedNanoUsd, heldNanoUsd, kinds });
  const wrong = isKept
    ? undefined
    : JSON.stringify({
        fate,
        kinds,
        ...amounts({ billedNanoUsd, chargedNanoUsd, heldNanoUsd }),
        request,
        story,
        receipt: found[0]?.receipt,
      });
  const thinks = story.stream.model === STORM_MODELS.thinking;
  return { fate, thinks, billedNanoUsd, chargedNanoUsd, heldNanoUsd, kinds, wrong };
}

function fateOf(request: StormRequest, story: StormStory, kinds: string): StormFate {
  const { stream, hasLeft, isHeard } = story;
  // Who cut the wire did not hear the refusal that was on its way.
  if (request.status >= 400)
    return isCancelled(story) && kinds === "estimate" ? "cancelled" : "refused by the provider";
  if (request.wasCut) return "cut by the provider";
  if (!hasLeft) return "read to its end";
  return stream.onAbort === "drain" || !isHeard ? "drained" : "cancelled";
}

function isCancelled({ stream, isHeard }: StormStory): boolean {
  return stream.onAbort === "cancel" && isHeard;
}

type Amounts = Pick<StormJudgement, "billedNanoUsd" | "chargedNanoUsd" | "heldNanoUsd" | "kinds">;

/** Exact where the answer came in whole; else never below what was served, and never above the hold. */
function isRight(fate: StormFate, { billedNanoUsd, chargedNanoUsd, heldNanoUsd, kinds }: Amounts): boolean {
  switch (fate) {
    case "read to its end":
    case "drained":
      return kinds === "settle" && chargedNanoUsd === billedNanoUsd;
    case "refused by the provider":
      return kinds === "void" && chargedNanoUsd === 0n && billedNanoUsd === 0n;
    case "cancelled":
    case "cut by the provider":
      return chargedNanoUsd >= billedNanoUsd && chargedNanoUsd <= heldNanoUsd;
  }
}

function sumOf(lines: readonly LedgerLine[]): bigint {
  return lines.reduce((sum, { charged }) => sum + usd(charged).nanoUsd, 0n);
}

function amounts(of: Record<string, bigint>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([name, nanoUsd]) => [name, String(nanoUsd)]));
}
