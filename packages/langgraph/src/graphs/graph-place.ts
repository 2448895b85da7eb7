import type { CallPlace } from "@wflo/core";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { RunnableConfig } from "@langchain/core/runnables";
import { threadOf } from "../saver/thread-config.ts";

/** Under which LangGraph keeps the checkpoints, by namespace, that a task goes on from. */
const CHECKPOINT_MAP = "checkpoint_map";
/** Longer names have no place in the ledger. */
const MAX_NAME = 1_000;
/** The same of agents. */
const MAX_AGENT = 200;
const CONTROL = /[\u0000-\u001f\u007f]/g;

/** Where in LangGraph's work something is done. */
export interface GraphPlace {
  readonly place: CallPlace | undefined;
  /** The agent of `createAgent` that it is done for, by its name. */
  readonly agent: string | undefined;
}

/** Where in a graph this is, told by the config of the node around. */
export function currentGraphPlace(): GraphPlace {
  const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as RunnableConfig | undefined;
  return graphPlaceOf(config?.configurable, config?.metadata);
}

/** The nodes around with their tasks, as LangGraph names them: `node:task|node:task`. */
export function currentNamespace(): string | undefined {
  const config = AsyncLocalStorageProviderSingleton.getRunnableConfig() as RunnableConfig | undefined;
  return namespaceOf(config?.metadata);
}

/** The same of a config's parts. */
export function graphPlaceOf(
  configurable: Readonly<Record<string, unknown>> | undefined,
  metadata: Readonly<Record<string, unknown>> | undefined,
): GraphPlace {
  const agent = textOf(metadata?.["lc_agent_name"])?.replace(CONTROL, "").slice(0, MAX_AGENT) || undefined;
  const threadId = configurable?.["thread_id"] ?? metadata?.["thread_id"];
  if (threadId === undefined || threadId === null) return { place: undefined, agent };
  const thread = threadOf(threadId);
  if (thread.length > MAX_NAME || thread.replace(CONTROL, "") !== thread) return { place: undefined, agent };
  const checkpoints = configurable?.[CHECKPOINT_MAP] as Readonly<Record<string, unknown>> | undefined;
  return {
    place: {
      thread,
      checkpointId: textOf(checkpoints?.[""]),
      step: pathOf(namespaceOf(metadata)),
    },
    agent,
  };
}

/** The nodes around a call with their tasks, by the metadata that LangChain tells of it. */
export function namespaceOf(metadata: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return textOf(metadata?.["langgraph_checkpoint_ns"]) ?? textOf(metadata?.["checkpoint_ns"]);
}

/** The nodes around, outermost first, as the path of a step: a namespace is `node:task|node:task`. */
function pathOf(namespace: string | undefined): string | undefined {
  if (namespace === undefined) return undefined;
  const nodes = namespace.split("|").flatMap((part) => part.split(":")[0]?.replace(CONTROL, "") || []);
  const path = nodes.map((node) => node.replace(/[%/:]/g, encodeURIComponent)).join("/");
  return path === "" ? undefined : path.slice(0, MAX_NAME);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
