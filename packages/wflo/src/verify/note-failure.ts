import {
  BudgetBusyError,
  BudgetExceededError,
  BudgetPausedError,
  ClientClosedError,
  HoldExceededError,
} from "@wflo/core";
import { PlayedFailure } from "./far-side.ts";
import type { Note } from "./log-line.ts";
import { PlayedAbort } from "./play-call.ts";

/** A refusal that counts what calls hold which wait for this one says so in its sentence, and in no field. */
const STUCK = "held by calls that wait for this one";

/** Notes how a call ended that was not answered: as it was meant to, or as nobody meant it to. */
export function noteFailure(note: Note, error: unknown): void {
  if (error instanceof BudgetExceededError) {
    const { budgetId: budget, needed, cap, spent } = error;
    return note({ what: "exceeded", budget, needed, cap, spent, isStuck: error.message.includes(STUCK) });
  }
  if (error instanceof BudgetBusyError) return note({ what: "busy" });
  if (error instanceof BudgetPausedError) return note({ what: "paused" });
  if (error instanceof PlayedAbort || error instanceof ClientClosedError) return note({ what: "aborted" });
  // A stream is cut where its answer passed its hold, as an overrun does.
  if (error instanceof PlayedFailure || error instanceof HoldExceededError) return note({ what: "failed" });
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  note({ what: "error", message });
}
