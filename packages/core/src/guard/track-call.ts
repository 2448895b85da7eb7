import { currentContext } from "../run/run-context.ts";
import type { OpenCall } from "./open-call.ts";

/** Makes an open call known to the run around it, which waits for it at the end of the step and of the run. */
export function trackCall(call: OpenCall, hurry: () => void = () => {}): void {
  const { run, step } = currentContext();
  run?.track({ callId: call.mark.callId, hurry, closed: call.closed.promise }, step);
}
