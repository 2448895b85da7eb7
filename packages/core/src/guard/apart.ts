import { currentContext, withContext } from "../run/run-context.ts";
import type { OpenMark } from "./open-call.ts";

/**
 * For adapters: runs what an attempt does at the wire, such as a `fetch` of the user's. Calls made in there are calls of their own:
 * they do not take the hold of the attempt over, which is a request by itself.
 */
export function apart<T>(work: () => T): T {
  const mark = currentContext().call as OpenMark | undefined;
  return mark === undefined ? work() : withContext({ call: { ...mark, isTool: true } as OpenMark }, work);
}
