/** Longer names have no place in the ledger. */
const MAX_NAME = 1_000;
const CONTROL = /[\u0000-\u001f\u007f]/g;

/** Where calls are made in the work of a workflow, as the ledger has it; undefined where the run's id has no place there. */
export function callPlaceOf(
  runId: string,
  path: readonly string[],
): { readonly thread: string; readonly step: string } | undefined {
  if (runId === "" || runId.length > MAX_NAME || runId.replace(CONTROL, "") !== runId) return undefined;
  const names = path.map((name) => name.replace(CONTROL, "").replace(/[%/:]/g, encodeURIComponent));
  return { thread: runId, step: names.join("/").slice(0, MAX_NAME) || "step" };
}
