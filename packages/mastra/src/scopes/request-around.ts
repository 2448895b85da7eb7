import { AsyncLocalStorage } from "node:async_hooks";
import type { RequestContext } from "@mastra/core/request-context";

/** The request that agents work for which others have set to work. */
export interface RequestAround {
  /** That of the agent that was asked first. Mastra gives those that work for it ids of their own, and checks of a network none. */
  readonly requestContext: RequestContext | undefined;
  /** Whether they are those of a network. */
  readonly isNetwork: boolean;
}

const around = new AsyncLocalStorage<RequestAround | undefined>();

/** Does work for a request; with undefined, for whatever agents in it are asked with. */
export function forRequest<T>(request: RequestAround | undefined, work: () => T): T {
  return around.run(request, work);
}

/** The request that an agent works for which another one has set to work. */
export function requestAround(): RequestAround | undefined {
  return around.getStore();
}
