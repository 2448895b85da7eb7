import { InvalidOptionError, type ItemPlace, type Namespace } from "@wflo/core";
import { InvalidNamespaceError, validateNamespace } from "@langchain/langgraph-checkpoint";

const MAX_LABELS = 32;
const MAX_BYTES = 1_000;
const encoder = new TextEncoder();

/** The place of an item. Throws LangGraph's `InvalidNamespaceError`, and `InvalidOptionError` for what is no key. */
export function checkedPlace({ namespace, key }: { namespace: unknown; key: unknown }): ItemPlace {
  if (typeof key !== "string")
    throw new InvalidOptionError(`The key of an item is a text, not ${typeof key}.`);
  if (isTooLong(key)) {
    throw new InvalidOptionError(
      `The key ${key.slice(0, 60)}… takes more than ${MAX_BYTES} bytes: use a digest of it.`,
    );
  }
  if (key.includes("\u0000") || !key.isWellFormed()) {
    throw new InvalidOptionError(
      `The key ${JSON.stringify(key)} holds U+0000 or half of a character, which databases do not store.`,
    );
  }
  return { namespace: checkedNamespace(namespace), key };
}

/** A namespace of at least one label. `langgraph`, which LangGraph's own `put` refuses at the root, may be read. */
export function checkedNamespace(namespace: unknown): Namespace {
  if (!Array.isArray(namespace)) {
    throw new InvalidNamespaceError('A namespace is a list of labels, such as ["users", "42"].');
  }
  validateNamespace(namespace as string[], { allowReservedRoot: true });
  const labels = namespace as readonly string[];
  if (labels.length > MAX_LABELS || isTooLong(labels.join(""))) {
    throw new InvalidNamespaceError(
      `The namespace ${labels.join("/").slice(0, 60)}… has more than ${MAX_LABELS} labels or ${MAX_BYTES} bytes.`,
    );
  }
  if (!labels.every((label) => label.isWellFormed())) {
    throw new InvalidNamespaceError(
      `The namespace ${JSON.stringify(labels)} holds half of a character, which databases do not store.`,
    );
  }
  return [...labels];
}

/** Labels with which namespaces begin or end; none is everything. */
export function checkedPath(path: unknown): Namespace {
  return Array.isArray(path) && path.length === 0 ? [] : checkedNamespace(path);
}

function isTooLong(text: string): boolean {
  return text.length * 3 > MAX_BYTES && encoder.encode(text).length > MAX_BYTES;
}
