import type { Wflo } from "@wflo/core";
import { refusalIn, type Refusal } from "../refusals.ts";
import { isAwaited, noRefusal, noteRefusal, notingRefusal } from "./met-refusal.ts";

/**
 * Does the work of an agent that works for another one. Where a budget that the one above is not on stops it, it stops alone: the one above reads
 * what it has said and why it stopped, and goes on with its own money.
 */
export async function stoppedAlone(wflo: Wflo, work: () => unknown): Promise<unknown> {
  const met = noRefusal(isAwaited());
  try {
    const value = await notingRefusal(met, work);
    if (met.refusal === undefined) return value;
    if (await isAlone(wflo, met.refusal)) return withReason(value, met.refusal);
    noteRefusal(met.refusal);
    return value;
  } catch (error) {
    const refusal = met.refusal ?? refusalIn(error);
    if (refusal !== undefined && (await isAlone(wflo, refusal))) return withReason({}, refusal);
    noteRefusal(error);
    throw error;
  }
}

async function isAlone(wflo: Wflo, refusal: Refusal): Promise<boolean> {
  const { budgetId } = refusal as { readonly budgetId?: string };
  return budgetId !== undefined && !(await wflo.budgetsAround()).includes(budgetId);
}

function withReason(value: unknown, { message }: Refusal): object {
  const { text } = value as { readonly text?: unknown };
  const isSilent = typeof text !== "string" || text === "";
  return { ...(value as object), text: isSilent ? message : `${text}\n\n${message}` };
}
