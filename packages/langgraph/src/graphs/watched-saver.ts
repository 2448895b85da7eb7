import { ERROR, INTERRUPT, RESUME, type BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { GraphRun } from "./graph-run.ts";

type Put = BaseCheckpointSaver["put"];
type PutWrites = BaseCheckpointSaver["putWrites"];

/** What is written for tasks that have not come to their end. */
const UNFINISHED = new Set<string>([ERROR, "__error_source_node__", INTERRUPT, RESUME]);

/**
 * The checkpointer of a graph as its run sees it. It notes what tasks ask and which have come to their end, and names the run in every
 * checkpoint. What a hook of an agent made of a refusal is not saved, and the graph goes no step further with it: a resumed run asks that
 * hook again, with the conversation as it was.
 */
export function watchedSaver(checkpointer: object, graphRun: GraphRun): object {
  const saver = checkpointer as BaseCheckpointSaver;
  let kept: { readonly refusal: unknown } | undefined;
  const put: Put = (config, checkpoint, metadata, ...rest) =>
    saver.put(config, checkpoint, Object.assign({}, metadata, { run_id: graphRun.runId }), ...rest);
  const putWrites: PutWrites = async (config, writes, taskId, ...rest) => {
    const refusal = graphRun.refusalOfHook(taskId);
    const isOver = writes.some(([channel]) => !UNFINISHED.has(channel));
    if (isOver && refusal !== undefined) {
      kept = { refusal };
      return;
    }
    if (isOver) graphRun.ended(taskId);
    else graphRun.asks(taskId, questionsIn(writes));
    await saver.putWrites(config, writes, taskId, ...rest);
  };
  // LangGraph asks for versions when the tasks of a step are done, before anything is made of their writes.
  const getNextVersion = (current: never) => {
    if (kept !== undefined) throw kept.refusal;
    return saver.getNextVersion(current);
  };
  const own: Readonly<Record<PropertyKey, unknown>> = { put, putWrites, getNextVersion };
  return new Proxy(checkpointer, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function questionsIn(writes: Parameters<PutWrites>[1]): readonly unknown[] {
  return writes.flatMap(([channel, value]) => (channel === INTERRUPT ? value : []));
}
