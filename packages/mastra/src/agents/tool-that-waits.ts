import { WfloError } from "@wflo/core";

/** What a tool is told beside its input, as far as it matters here. */
interface ToolContext {
  readonly suspend?: ((payload: unknown, options?: unknown) => unknown) | undefined;
}

type Execute = (...args: unknown[]) => unknown;

/** Thrown out of the step of a tool that waits for somebody, so that it is not saved. */
class Waits extends WfloError {
  readonly value: unknown;

  constructor(value: unknown) {
    super("WFLO_TOOL_WAITS", "The tool waits for an answer.");
    this.value = value;
  }
}

/**
 * Lets a tool wait that is a step: `step` makes a step of what does the work. What a tool that waits returns is no result, and is not saved as one.
 */
export function lettingWait(execute: Execute, step: (execute: Execute) => Execute): Execute {
  const stepped = step(async (input, context) => {
    let isWaiting = false;
    const { suspend } = (context ?? {}) as ToolContext;
    const own =
      suspend === undefined
        ? context
        : {
            ...(context as ToolContext),
            suspend: (payload: unknown, options: unknown) => {
              isWaiting = true;
              return suspend(payload, options);
            },
          };
    const value = await execute(input, own);
    if (isWaiting) throw new Waits(value);
    return value;
  });
  return async (...args) => {
    try {
      return await stepped(...args);
    } catch (error) {
      if (error instanceof Waits) return error.value;
      throw error;
    }
  };
}
