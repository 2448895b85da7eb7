import { currentContext, withContext } from "../run/run-context.ts";
import type { OpenMark } from "./open-call.ts";

/** The mark of a call at whose wire something is done. */
interface ApartMark extends OpenMark {
  readonly apartFrom: OpenMark;
}

/**
 * For adapters: runs what an attempt does at the wire, such as a `fetch` of the user's. Calls made in there are calls of their own:
 * they do not take the hold of the attempt over, which is a request by itself.
 */
export function apart<T>(work: () => T): T {
  const mark = currentContext().call as OpenMark | undefined;
  if (mark === undefined) return work();
  const call: ApartMark = { ...mark, isTool: true, apartFrom: mark };
  return withContext({ call }, work);
}

/** For adapters: runs what is done at the wire of a call and is that call's own request, only by another layer of wflo: one takes the other's hold over. */
export function rejoined<T>(work: () => T): T {
  const mark = currentContext().call as Partial<ApartMark> | undefined;
  return mark?.apartFrom === undefined ? work() : withContext({ call: mark.apartFrom }, work);
}
