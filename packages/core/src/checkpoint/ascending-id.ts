import { isUuid } from "../ports/ids.ts";

/** The id, or the one after `floor` when it does not come after it: a child never sorts before its parent, whatever a clock says. */
export function ascendingId(id: string, floor: string | undefined): string {
  if (floor === undefined || id > floor || !isUuid(floor)) return id;
  const next = (BigInt(`0x${floor.replaceAll("-", "")}`) + 1n).toString(16).padStart(32, "0");
  return next.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
