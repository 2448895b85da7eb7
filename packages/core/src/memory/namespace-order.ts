import type { Namespace, NamespaceMatch } from "../ports/item-store.ts";
import { byteOrder } from "./byte-order.ts";

/** Sorts namespaces by the bytes of their labels, as PostgreSQL sorts arrays under collation "C". */
export function namespaceOrder(one: Namespace, other: Namespace): number {
  const length = Math.min(one.length, other.length);
  for (let place = 0; place < length; place += 1) {
    const order = byteOrder(one[place] ?? "", other[place] ?? "");
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

/** Whether a namespace begins with these labels. */
export function isUnder(namespace: Namespace, prefix: Namespace): boolean {
  return matchesNamespace(namespace, { end: "first", labels: prefix });
}

/** Whether a namespace begins or ends so. */
export function matchesNamespace(namespace: Namespace, { end, labels }: NamespaceMatch): boolean {
  if (labels.length > namespace.length) return false;
  const from = end === "first" ? 0 : namespace.length - labels.length;
  return labels.every((label, place) => label === undefined || label === namespace[from + place]);
}
