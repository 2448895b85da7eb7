import type { BaseCheckpointSaver, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";

/** Checkpoints of another saver that are in memory at once: it may hold whole states of each. */
const PAGE = 20;

/** The checkpoints of another saver, newest first; `isPaged`: in pages, as savers need that read a whole list before its first item. */
export async function* tuplesOf(
  other: BaseCheckpointSaver,
  config: RunnableConfig,
  isPaged: boolean,
): AsyncGenerator<CheckpointTuple> {
  if (!isPaged) {
    yield* other.list(config);
    return;
  }
  let size = PAGE;
  let before: RunnableConfig | undefined;
  for (;;) {
    const page: CheckpointTuple[] = [];
    for await (const tuple of other.list(config, { limit: size, ...(before && { before }) }))
      page.push(tuple);
    const lastId = page.at(-1)?.checkpoint.id;
    // A page goes on before an id: those of its last one, of other threads, come with the next.
    const whole = page.length < size ? page : page.filter(({ checkpoint }) => checkpoint.id !== lastId);
    yield* whole;
    if (page.length < size) return;
    const from = whole.at(-1);
    if (from === undefined) size *= 2;
    else before = { configurable: { ...config.configurable, checkpoint_id: from.checkpoint.id } };
  }
}
