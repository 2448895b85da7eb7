import { WRITES_IDX_MAP } from "@langchain/langgraph-checkpoint";

/** The place of writes that a task has once: errors, interrupts, answers; undefined for others. */
export function specialIndex(channel: string): number | undefined {
  return Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel] : undefined;
}
