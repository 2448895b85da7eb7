import { UnmeteredCallError } from "../errors/unmetered-call-error.ts";
import type { Door } from "../guard/door.ts";
import type { Answer, GuardRequest } from "../guard/guard-request.ts";
import type { OpenMark } from "../guard/open-call.ts";
import { isStreamResult } from "../pricing/usage-of-response-stream.ts";
import { usageOfResponse } from "../pricing/usage-of-response.ts";
import { currentContext } from "../run/run-context.ts";
import { checkTrackOptions, type TrackLlmCallOptions } from "./track-llm-call-options.ts";
import { MeteringTrial, type MeteringTurn } from "./track-llm-call-trial.ts";
import { wrapWith, type FunctionWrapper } from "./wrapped-function.ts";

/** A client found for one call, and what of its request the options say. */
export interface BoundDoor {
  readonly wflo: Pick<Door, "guardCall">;
  readonly request: Pick<GuardRequest, "agent" | "hold"> & { readonly budgets: readonly string[] };
}

/** Finds, for each call, the client that accounts for it. */
export type BindDoor<Client> = (
  options: Pick<TrackLlmCallOptions<Client>, "wflo" | "budget" | "budgets" | "agent" | "hold">,
) => () => Promise<BoundDoor>;

/**
 * Makes `trackLlmCall`, given the way to find a client. `trackLlmCall(options)` wraps a function that makes one call of a
 * model, or decorates a method that does. It cannot see the request. With `hold` it reserves that. Around a metered call it
 * passes through. Else, under a budget, it refuses when there is no money left, charges the result's usage as kind
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
  try {
    return await wflo.guardCall(
      { ...request, provider, model, parts: [], record: hold === undefined },
      async () => attempt(tracked, turn, call),
    );
  } finally {
    turn?.end();
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
): Promise<Answer<unknown>> {
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

function answerOf(tracked: Tracked, mark: OpenMark, value: unknown): Answer<unknown> {
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
