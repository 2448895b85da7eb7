import type { CheckpointHeader } from "../ports/checkpoint-store.ts";

/**
 * The checkpoint whose state is most likely to be like the next one's: the latest of its name that was made in the same step, else
 * in the step of another key (the turn before, the other agent), else anywhere.
 */
export function baseFor(
  rows: readonly CheckpointHeader[],
  name: string,
  step: string | undefined,
): CheckpointHeader | undefined {
  const turn = withoutKey(step);
  let alike: CheckpointHeader | undefined;
  let named: CheckpointHeader | undefined;
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (row?.name !== name) continue;
    if (row.step === step) return row;
    if (alike === undefined && withoutKey(row.step) === turn) alike = row;
    named ??= row;
    if (alike !== undefined && rows.length - at > MANY) break;
  }
  return alike ?? named;
}

/** Beyond this many rows a closer one is not looked for. */
const MANY = 200;

function withoutKey(step: string | undefined): string | undefined {
  return step?.replace(/:[^/:]*$/, "");
}
