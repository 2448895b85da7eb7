/** The id, or the one after `floor` when it does not come after it: a child never sorts before its parent, whatever a clock says. */
export function ascendingId(id: string, floor: string | undefined): string {
  if (floor === undefined || id > floor || !UUID.test(floor)) return id;
  const next = (BigInt(`0x${floor.replaceAll("-", "")}`) + 1n).toString(16).padStart(32, "0");
  return next.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
