import type { CallCharge } from "@wflo/core";
import { chargedInside, noteCharged } from "./layers.ts";

/** What is told of a call beside its answer, as `providerMetadata.wflo`. Money in decimal US dollars. */
export interface WfloMetadata {
  readonly callId: string;
  /** What it is charged; its hold where `costKind` is "unknown". */
  readonly cost: string;
  readonly costKind: "known" | "lowerBound" | "unknown";
  /** What the tightest of its budgets has left: its cap without what was spent when the call was granted, and without its cost. */
  readonly left?: {
    readonly budgetId: string;
    readonly window: string;
    readonly amount: string;
    /** ISO 8601. */
    readonly resetsAt?: string;
  };
  /** The output cap that was written into the request because money was short. */
  readonly appliedMaxOutputTokens?: number;
}

/** What wflo told of a call in the `providerMetadata` of its answer, step or part; undefined where it told nothing. */
export function wfloMetadata(providerMetadata: object | undefined): WfloMetadata | undefined {
  const { wflo } = (providerMetadata ?? {}) as { readonly wflo?: WfloMetadata };
  return typeof wflo?.cost === "string" ? wflo : undefined;
}

interface Metadata {
  readonly providerMetadata?: object | undefined;
}

/** The same answer, or last part of one, with what it was charged; as it is where an inner layer of wflo has told that already. */
export function withCharge<Answer extends object>(
  answer: Answer,
  charge: CallCharge | undefined,
  wflo: object,
): Answer {
  const { providerMetadata } = answer as Metadata;
  if (charge === undefined || chargedInside(providerMetadata, wflo) !== undefined) return answer;
  const told = metadataOf(charge);
  noteCharged(told, wflo);
  return { ...answer, providerMetadata: { ...providerMetadata, wflo: told } };
}

/** The same of pictures, of whose metadata the SDK keeps lists named `images` alone. */
export function withImageCharge<Answer extends object>(
  answer: Answer,
  charge: CallCharge | undefined,
): Answer {
  if (charge === undefined) return answer;
  const { providerMetadata } = answer as Metadata;
  return { ...answer, providerMetadata: { ...providerMetadata, wflo: { images: [metadataOf(charge)] } } };
}

function metadataOf({ callId, cost, costKind, left, appliedMaxOutputTokens }: CallCharge): WfloMetadata {
  return {
    callId,
    cost,
    costKind,
    ...(left === undefined
      ? {}
      : {
          left: {
            budgetId: left.budgetId,
            window: left.window,
            amount: left.amount,
            ...(left.resetsAt === undefined ? {} : { resetsAt: left.resetsAt.toISOString() }),
          },
        }),
    ...(appliedMaxOutputTokens === undefined ? {} : { appliedMaxOutputTokens }),
  };
}
