import type { Engine } from "./mastra-graph.ts";
import { placeAround } from "./step-place.ts";

/** The sleeps of an engine, which in a run of wflo last as long as they were to when they began: nobody waits for them twice. */
export function durableSleeps(engine: Engine): Engine {
  const { executeSleepDuration: sleep, executeSleepUntilDate: sleepUntil } = engine;
  if (sleep === undefined || sleepUntil === undefined) return {};
  return {
    executeSleepDuration: async (ms, id, workflowId, signal) => {
      const saved = placeAround(workflowId)?.saved;
      const left = saved === undefined ? ms : (await saved.sleepUntil(Date.now() + ms)) - Date.now();
      await sleep.call(engine, Math.max(0, left), id, workflowId, signal);
    },
    executeSleepUntilDate: async (until, id, workflowId, signal) => {
      const saved = placeAround(workflowId)?.saved;
      const at = saved === undefined ? until : new Date(await saved.sleepUntil(until.getTime()));
      await sleepUntil.call(engine, at, id, workflowId, signal);
    },
  };
}
