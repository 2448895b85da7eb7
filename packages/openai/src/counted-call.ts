import { Money, type BoundWrapper, type Usage, type Wflo } from "@wflo/core";
import type { Asked } from "./asked.ts";
import type { PricedApi } from "./endpoint.ts";
import type { Opened } from "./held-call.ts";
import { isStreamed, type NativeRequest } from "./native-request.ts";
import { ASKING } from "./request.ts";
import { outcomeOfAnswer, type Answered } from "./usage.ts";

/** What a priced request is read with. */
export interface Counting extends BoundWrapper {
  readonly api: PricedApi;
  readonly provider: string;
  /** The Azure deployment that the URL names: it serves, whatever model the body names. */
  readonly deployment: string | undefined;
}

/** A request whose cost its answer tells, or that is billed by the piece. */
export function countedCall(
  given: NativeRequest,
  { api, provider, deployment, wflo, request: bound }: Counting,
): Opened {
  const native =
    deployment === undefined ? given : { ...given, fields: { ...given.fields, model: deployment } };
  const asked = ASKING[api](native, provider);
  const byPiece = priceOfPieces(wflo, provider, asked);
  const expected = expectedOf(asked, byPiece);
  const streams = isStreamed(native);
  return {
    request: { ...asked.request, ...bound, hold: bound.hold ?? byPiece },
    call: {
      api,
      streams,
      isBackground: native.fields["background"] === true,
      truncates: streams && bound.onCut === "truncate",
      outcomeOf: (answer) => outcomeOfAnswer(api, answer, expected),
      expected,
    },
  };
}

/** What the pieces of a request cost at most; undefined where its model is not billed by them, or nobody knows their price. */
function priceOfPieces(wflo: Wflo, provider: string, { request, pieces }: Asked): Money | undefined {
  if (pieces === undefined) return undefined;
  const cost = wflo.pricing.cost({ provider, model: request.model, usage: pieces });
  return cost.kind === "known" ? new Money(cost.nanoUsd) : undefined;
}

function expectedOf({ pieces, isExact, silence }: Asked, byPiece: Money | undefined): Answered | undefined {
  const usage: Usage | undefined = isExact === true && byPiece !== undefined ? pieces : undefined;
  if (usage !== undefined) return { kind: "answered", usage };
  if (silence === undefined) return undefined;
  return { kind: "answered", usage: undefined, noUsage: { reason: silence, isExpected: true } };
}
