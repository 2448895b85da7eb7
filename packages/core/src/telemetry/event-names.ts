import type { WfloEventName } from "./events.ts";

const NAMES: Readonly<Record<WfloEventName, true>> = {
  "call-start": true,
  "call-end": true,
  "call-settled": true,
  "call-waiting": true,
  "call-unmetered": true,
  "call-unwrapped": true,
  "budget-created": true,
  "budget-warning": true,
  "budget-exceeded": true,
  "step-saved": true,
  "step-skipped": true,
  "steps-unused": true,
  "checkpoint-saved": true,
  "run-start": true,
  "run-end": true,
  "prices-updated": true,
  trouble: true,
};

/** All events there are. */
export const EVENT_NAMES: readonly string[] = Object.keys(NAMES);
