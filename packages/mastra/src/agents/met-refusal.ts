import { AsyncLocalStorage } from "node:async_hooks";
import { refusalIn, type Refusal } from "../refusals.ts";

/** What was refused for want of money below: an agent tells of it by a tripwire, which code around it may not look at. */
export interface MetRefusal {
  refusal: Refusal | undefined;
  /** Whether who notes it waits for money, so that what else is done until then is done in vain. */
  readonly isWaiting: boolean;
}

const around = new AsyncLocalStorage<MetRefusal>();

/** Nothing yet. */
export function noRefusal(isWaiting: boolean): MetRefusal {
  return { refusal: undefined, isWaiting };
}

/** Does work and takes note of the first refusal that stopped an agent in it. */
export function notingRefusal<T>(met: MetRefusal, work: () => T): T {
  return around.run(met, work);
}

/** Notes what stops an agent, if that is a refusal for want of money. */
export function noteRefusal(error: unknown): void {
  const met = around.getStore();
  if (met !== undefined) met.refusal ??= refusalIn(error);
}

/** The refusal that has stopped an agent in the work around, which waits for money: what else is done there is done in vain. */
export function notedRefusal(): Refusal | undefined {
  return isAwaited() ? around.getStore()?.refusal : undefined;
}

/** Does the work of a tool: throws what stopped an agent in it, as what that agent returned is nothing to go on with. */
export async function throwingRefusal<T>(work: () => T): Promise<Awaited<T>> {
  const met = noRefusal(true);
  try {
    const value = await notingRefusal(met, work);
    if (met.refusal !== undefined) throw met.refusal;
    return value;
  } catch (error) {
    noteRefusal(met.refusal ?? error);
    throw error;
  }
}

/** Whether the work around waits for money where it is refused. */
export function isAwaited(): boolean {
  return around.getStore()?.isWaiting === true;
}
