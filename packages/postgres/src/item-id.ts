import { hash } from "node:crypto";
import type { ItemPlace } from "@wflo/core";

const UUID_DIGITS = 32;

/** 16 bytes of a SHA-256, as PostgreSQL writes a UUID, that stand for a namespace and a key within their tenant. */
export function itemId({ namespace, key }: ItemPlace): string {
  return hash("sha256", JSON.stringify([namespace, key]))
    .slice(0, UUID_DIGITS)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
