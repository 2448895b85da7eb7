import type { CheckpointFilter, StoredCheckpoint } from "@wflo/core";
import type { CheckpointListOptions } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { filterText } from "./checkpoint-body.ts";
import { CHECKPOINT_NAME, namespaceOf, placeOf } from "./thread-config.ts";

/** Checkpoints that are read at once where no limit is given. */
const PAGE = 100;

/** The checkpoints of a list, greatest id first, in pages. */
export async function* pagesOf(
  config: RunnableConfig,
  { limit = Number.POSITIVE_INFINITY, before, filter }: CheckpointListOptions,
  fetch: (filter: CheckpointFilter) => Promise<readonly StoredCheckpoint[]>,
): AsyncGenerator<readonly StoredCheckpoint[]> {
  const place = placeOf(config);
  const id: unknown = config.configurable?.["checkpoint_id"];
  const hasFilter = filter !== undefined && Object.keys(filter).length > 0;
  const wanted = {
    thread: place?.thread,
    namespace: namespaceOf(config.configurable),
    name: CHECKPOINT_NAME,
    id: typeof id === "string" && id !== "" ? id : undefined,
    contains: hasFilter ? await filterText(filter) : undefined,
  };
  let from = before === undefined ? undefined : placeOfBefore(before);
  let left = limit;
  let size = PAGE;
  while (left > 0) {
    const page = await fetch({ ...wanted, before: from, limit: Math.min(size, left) });
    const isLast = page.length < size || page.length >= left;
    const whole = isLast ? page : withoutLastId(page);
    if (whole.length === 0 && !isLast) {
      // More checkpoints of one id than a page has.
      size *= 2;
      continue;
    }
    if (whole.length > 0) yield whole;
    if (isLast) return;
    left -= whole.length;
    from = whole.at(-1)?.row.id;
  }
}

/** A page goes on before an id: those of its last id, of other threads or namespaces, come with the next one. */
function withoutLastId(page: readonly StoredCheckpoint[]): readonly StoredCheckpoint[] {
  const last = page.at(-1)?.row.id;
  return page.filter(({ row }) => row.id !== last);
}

function placeOfBefore({ configurable }: RunnableConfig): string | undefined {
  const id: unknown = configurable?.["checkpoint_id"];
  return typeof id === "string" && id !== "" ? id : undefined;
}
