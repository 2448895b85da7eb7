import { InvalidOptionError } from "../errors/invalid-option-error.ts";
import { WfloError } from "../errors/wflo-error.ts";
import type { GuardRequest } from "./guard-request.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Makes a request once, or as often as its `retry` policy says, each time as a call with an id and a hold of its own. What wflo
 * refuses is refused, whatever the policy takes for a passing failure. `signal` of the request is that of its attempt, which policies
 * abort also when it is over; what lives on, such as a stream that has opened, lives on the caller's, the second argument.
 */
export async function retried<T>(
  { retry, ...request }: GuardRequest,
  once: (request: GuardRequest, callers: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (retry === undefined) return once(request, request.signal);
  if (typeof retry?.execute !== "function") {
    throw new InvalidOptionError("retry is a policy with a function execute, such as one of cockatiel.");
  }
  const { callId: _, ...again } = request;
  let isFirst = true;
  const attempt = async (given: {
    readonly signal?: AbortSignal | undefined;
  }): Promise<{ readonly value: T } | { readonly refusal: unknown }> => {
    const { forget, ...signals } = signalsOf(given?.signal, request);
    const asked = { ...(isFirst ? request : again), ...signals };
    isFirst = false;
    try {
      return { value: await once(asked, request.signal) };
    } catch (error) {
      if (WfloError.isInstance(error) || request.signal?.aborted === true) return { refusal: error };
      throw error;
    } finally {
      // The signal may live on: policies without one of their own hand out one that is shared by all.
      forget?.();
    }
  };
  const end = await untilAborted(request.signal, retry.execute(attempt, request.signal));
  if ("refusal" in end) throw end.refusal;
  return end.value;
}

/** An attempt that its policy gives up, while its caller still waits, has timed out. */
function signalsOf(
  given: AbortSignal | undefined,
  { signal, timedOut }: GuardRequest,
): Pick<GuardRequest, "signal" | "timedOut"> & { readonly forget?: () => void } {
  if (given === undefined || given === signal) return { signal, timedOut };
  const byPolicy = new AbortController();
  const abort = () => {
    if (signal?.aborted !== true) byPolicy.abort();
  };
  if (given.aborted) abort();
  else given.addEventListener("abort", abort, { once: true });
  return {
    signal: given,
    timedOut: byPolicy.signal,
    forget: () => given.removeEventListener("abort", abort),
  };
}
