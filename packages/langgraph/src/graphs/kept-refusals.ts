import { ERROR, INTERRUPT, type BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { GraphRun } from "./graph-run.ts";

type PutWrites = BaseCheckpointSaver["putWrites"];

/** Nodes that agents make of middleware: some summarize, guess or route, and take any error for an answer they can do without. */
const HOOK = /\.(?:before|after)_(?:model|agent)$/;

/** The task of a node's namespace, `node:task|node:task`, when an agent has made the node of middleware. */
export function hookTaskOf(namespace: string | undefined): string | undefined {
  const innermost = namespace?.split("|").at(-1) ?? "";
  const colon = innermost.lastIndexOf(":");
  return colon !== -1 && HOOK.test(innermost.slice(0, colon)) ? innermost.slice(colon + 1) : undefined;
}

/**
 * The checkpointer of a graph as its run sees it: what a hook of an agent made of a refusal is not saved, and the graph goes no step
 * further with it. A resumed run asks that hook again, with the conversation as it was.
 */
export function keepingRefusals(checkpointer: object, graphRun: GraphRun): object {
  let isKept = false;
  const putWrites: PutWrites = async (config, writes, taskId, ...rest) => {
    const isStop = writes.every(([channel]) => channel === ERROR || channel === INTERRUPT);
    if (isStop || !graphRun.refusedHooks.has(taskId))
      return (checkpointer as BaseCheckpointSaver).putWrites(config, writes, taskId, ...rest);
    isKept = true;
  };
  // LangGraph asks for versions when the tasks of a step are done, before anything is made of their writes.
  const getNextVersion = (current: never) => {
    if (isKept) throw graphRun.refusal;
    return (checkpointer as BaseCheckpointSaver).getNextVersion(current);
  };
  return new Proxy(checkpointer, {
    get(target, name) {
      if (name === "putWrites") return putWrites;
      if (name === "getNextVersion") return getNextVersion;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
