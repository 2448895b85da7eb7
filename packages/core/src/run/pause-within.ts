import { errorWithin } from "../errors/error-within.ts";

/** A run that ends by one of these can be gone on with when what stopped it is over. */
const PAUSING = [
  "WFLO_BUDGET_EXCEEDED",
  "WFLO_BUDGET_PAUSED",
  "WFLO_BUDGET_BUSY",
  "WFLO_CLIENT_CLOSED",
  "WFLO_RUN_INTERRUPTED",
];

/** What of an error pauses the run that it ends: itself, or something that it wraps. Undefined when the run fails by it. */
export function pauseWithin(error: unknown): object | undefined {
  return errorWithin(error, PAUSING);
}
