import { createHash } from "node:crypto";

/** Longer ones have no room in the id of a budget. Characters. */
const MAX_CHARACTERS = 160;
const CONTROL = /[\u0000-\u001f\u007f]/;
/** What a digest begins with. */
const DIGEST = "~";

/** The id of a user, a thread and the like as a part of a budget's id: as it is, or its digest where no budget can be called so. Equal only for equal ones. */
export function keyInId(key: string): string {
  const isPlain = key.length <= MAX_CHARACTERS && key.isWellFormed() && !CONTROL.test(key);
  if (isPlain && !key.startsWith(DIGEST)) return key;
  return DIGEST + createHash("sha256").update(JSON.stringify(key)).digest("hex");
}
