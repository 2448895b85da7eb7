import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";

/** The operations of a saver that are timed. */
export const OPERATIONS = ["put", "putWrites", "getTuple"] as const;

/** What each took, in the order in which they ended. Milliseconds. */
export type OperationTimes = Readonly<Record<(typeof OPERATIONS)[number], number[]>>;

/** Times the operations of a saver from now on. */
export function timeOperations(saver: BaseCheckpointSaver): OperationTimes {
  const times: OperationTimes = { put: [], putWrites: [], getTuple: [] };
  for (const operation of OPERATIONS) {
    const inner = saver[operation].bind(saver) as (...args: unknown[]) => Promise<unknown>;
    const timed = async (...args: unknown[]): Promise<unknown> => {
      const started = performance.now();
      try {
        return await inner(...args);
      } finally {
        times[operation].push(performance.now() - started);
      }
    };
    Object.assign(saver, { [operation]: timed });
  }
  return times;
}
