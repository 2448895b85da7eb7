import type { Wflo } from "./create-wflo.ts";
import { checkpointOn } from "./wrappers/checkpoint.ts";

/**
 * Wraps or decorates a function so that its state is saved each time it has returned: in the run around it, else in a thread of its
 * name by `wflo`. `checkpoint.after(agent)` does so for an agent. See `wrappers/checkpoint.ts`.
 */
export const checkpoint = checkpointOn<Wflo>();
