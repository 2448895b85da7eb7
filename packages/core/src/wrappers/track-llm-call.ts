import { UnmeteredCallError } from "../errors/unmetered-call-error.ts";
import type { Door } from "../guard/door.ts";
import type { GuardRequest, Outcome } from "../guard/guard-request.ts";
import type { OpenMark } from "../guard/open-call.ts";
import { isStreamResult } from "../pricing/usage/usage-of-response-stream.ts";
import { usageOfResponse } from "../pricing/usage/usage-of-response.ts";
import { currentContext } from "../run/run-context.ts";
import { checkTrackOptions, type TrackLlmCallOptions } from "./track-llm-call-options.ts";
import { MeteringTrial, type MeteringTurn } from "./track-llm-call-trial.ts";
import { wrapWith, type FunctionWrapper } from "./wrapped-function.ts";

type CallDoor = Pick<Door, "guardCall" | "reportUnmetered">;

/** A client found for one call, and what of its request the options say. */
export interface BoundDoor {
  readonly wflo: CallDoor;
  readonly request: Pick<GuardRequest, "agent" | "hold"> & { readonly budgets: readonly string[] };
}

/** Finds, for each call, the client that accounts for it. */
export type BindDoor<Client> = (
  options: Pick<TrackLlmCallOptions<Client>, "wflo" | "budget" | "budgets" | "agent" | "hold">,
) => () => Promise<BoundDoor>;

/**
 * Makes `trackLlmCall`, given the way to find a client. `trackLlmCall(options)` wraps a function that makes one call of a
 * model, or decorates a method that does. It cannot see the request. With `hold` it reserves that. Around a metered call it
 * passes through; where that came to nothing and the function has an answer all the same, the answer is charged as `recorded`. Else, under a budget, it refuses when there is no money left, charges the result's usage as kind
 * `recorded`, and its later calls throw `UnmeteredCallError` unless `mode: "record"` was asked for.
 * The wrapped function throws what `guardCall` throws, `NoClientError`, and what the function throws.
 */
export function trackLlmCallOn<Client>(
  bind: BindDoor<Client>,
): (options: TrackLlmCallOptions<Client>) => FunctionWrapper {
  return (options) => {
    checkTrackOptions(options);
    const bound = bind(options);
    const wrapper = (target: unknown, context?: unknown) =>
      wrapWith(target, context, (name) => {
        const tracked: Tracked = { options, bound, name, trial: new MeteringTrial(), hasWarned: false };
        return (call) => trackedCall(tracked, call);
      });
    return wrapper as FunctionWrapper;
  };
}

/** One wrapped function. */
interface Tracked {
  readonly options: TrackLlmCallOptions<unknown>;
  readonly bound: () => Promise<BoundDoor>;
  readonly name: string;
  readonly trial: MeteringTrial;
  hasWarned: boolean;
}

async function trackedCall(tracked: Tracked, call: () => unknown): Promise<unknown> {
  const { provider, model, hold, mode } = tracked.options;
  const { wflo, request } = await tracked.bound();
  const isBounded = hold !== undefined || mode === "record" || !isUnderBudget(request.budgets);
  const turn = isBounded ? undefined : await turnOf(tracked);
  const asked = { ...request, provider, model, parts: [] };
  let madeElsewhere: Outcome | undefined;
  try {
    const value = await wflo.guardCall({ ...asked, record: hold === undefined }, async () => {
      const answer = await attempt(tracked, turn, call);
      const { takenOver, isPaidInside } = currentContext().call as OpenMark;
      // The metered call inside has the hold and came to nothing, and yet there is an answer: it was made around the door.
      if (takenOver && !isPaidInside) madeElsewhere = answer.outcome;
      return answer;
    });
    if (madeElsewhere?.kind === "answered") await record(wflo, asked, madeElsewhere);
    return value;
  } finally {
    turn?.end();
  }
}

/** Charges what was paid already; where the budget has no money for it, it is told as uncounted. */
async function record(door: CallDoor, asked: GuardRequest, outcome: Outcome): Promise<void> {
  const { provider, model } = asked;
  try {
    await door.guardCall({ ...asked, hold: undefined, record: true }, async () => ({
      value: undefined,
      outcome,
    }));
  } catch {
    door.reportUnmetered({ provider, what: model });
  }
}

function isUnderBudget(own: readonly string[]): boolean {
  const { budgetIds, call } = currentContext();
  const outer = call as OpenMark | undefined;
  return own.length > 0 || budgetIds.length > 0 || (outer?.budgetIds.length ?? 0) > 0;
}

async function turnOf({ trial, options }: Tracked): Promise<MeteringTurn> {
  const turn = await trial.turn(currentContext().call);
  if (!trial.isUnmetered) return turn;
  turn.end();
  throw new UnmeteredCallError(options.provider, options.model);
}

async function attempt(
  tracked: Tracked,
  turn: MeteringTurn | undefined,
  call: () => unknown,
): Promise<{ readonly value: unknown; readonly outcome: Outcome }> {
  const mark = currentContext().call as OpenMark;
  const { trial } = tracked;
  turn?.began(mark.callId);
  mark.onTakenOver = () => {
    trial.foundMetered();
    turn?.end();
  };
  const value = await call();
  if (turn !== undefined && mark.isUnheld && !mark.wasAsked) trial.foundUnmetered();
  return answerOf(tracked, mark, value);
}

function answerOf(
  tracked: Tracked,
  mark: OpenMark,
  value: unknown,
): { readonly value: unknown; readonly outcome: Outcome } {
  const found = usageOfResponse(value);
  if (found) return { value, outcome: { kind: "answered", ...found } };
  // The one that asked has the hold and is charged, or was refused and nothing was sent.
  if (mark.wasAsked)
    return { value, outcome: { kind: "rejected", reason: "the call inside accounts for it" } };
  const reason = isStreamResult(value)
    ? "a wrapper cannot read the stream that it returned: use an adapter, or wflo.guardStream"
    : `there is no usage to be found in what ${tracked.name || "the function"} returned`;
  const noUsage = { reason, isKnown: tracked.hasWarned };
  tracked.hasWarned = true;
  return { value, outcome: { kind: "answered", usage: undefined, noUsage } };
}
