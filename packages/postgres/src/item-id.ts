import { createHash } from "node:crypto";
import type { ItemPlace } from "@wflo/core";

/** 16 bytes of a SHA-256, as a UUID, that stand for a namespace and a key within their tenant. */
export function itemId({ namespace, key }: ItemPlace): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([namespace, key]))
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
