import { InvalidOptionError, type CheckpointFilter, type StoredCheckpoint } from "@wflo/core";
import type { CheckpointListOptions } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { filterText, lacks } from "./checkpoint-body.ts";
import { CHECKPOINT_NAME, namespaceOf, placeOf } from "./thread-config.ts";

/** Checkpoints that are read at once where no limit is given. */
const PAGE = 100;

/** The checkpoints of a list, greatest id first, in pages. */
export async function* pagesOf(
  config: RunnableConfig,
  { limit = Number.POSITIVE_INFINITY, before, filter }: CheckpointListOptions,
  fetch: (filter: CheckpointFilter) => Promise<readonly StoredCheckpoint[]>,
): AsyncGenerator<readonly StoredCheckpoint[]> {
  if (limit !== Number.POSITIVE_INFINITY && !Number.isInteger(limit))
    throw new InvalidOptionError(`The limit of list() is a whole number, not ${String(limit)}.`);
  const place = placeOf(config);
  const id: unknown = config.configurable?.["checkpoint_id"];
  const contained = Object.entries(filter ?? {}).filter(([, value]) => value !== undefined);
  // No store is asked for what is not there.
  const lacking = Object.keys(filter ?? {}).filter((key) => filter?.[key] === undefined);
  const wanted = {
    thread: place?.thread,
    namespace: namespaceOf(config.configurable),
    name: CHECKPOINT_NAME,
    id: typeof id === "string" && id !== "" ? id : undefined,
    contains: contained.length > 0 ? await filterText(Object.fromEntries(contained)) : undefined,
  };
  let from = before === undefined ? undefined : placeOfBefore(before);
  let left = limit;
  let size = PAGE;
  while (left > 0) {
    const isWhole = lacking.length === 0;
    const page = await fetch({ ...wanted, before: from, limit: isWhole ? Math.min(size, left) : size });
    const isLast = page.length < size || (isWhole && page.length >= left);
    const whole = isLast ? page : withoutLastId(page);
    if (whole.length === 0 && !isLast) {
      // More checkpoints of one id than a page has.
      size *= 2;
      continue;
    }
    const found = isWhole ? whole : whole.filter(({ row }) => lacks(row.metadata, lacking)).slice(0, left);
    if (found.length > 0) yield found;
    if (isLast) return;
    left -= found.length;
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
