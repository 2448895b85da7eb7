import { createHash } from "node:crypto";
import type { Statement } from "./driver.ts";
import { codeOf } from "./store-error.ts";

/** A name that the connection does not know, or knows already: a pooler gave it to another server's. Nothing was done. */
const REFUSED = new Set(["26000", "42P05"]);
/** Of a name, what people read in `pg_prepared_statements`: it is cut after 63 bytes, and the digest must be in it. */
const READABLE = 40;
const DIGEST = 16;

/**
 * The names under which a connection keeps statements that it has read once, which spares the server a tenth of a small one. A name holds the
 * digest of its text, so that behind a pooler it can never be the name of another version's. Poolers in transaction mode that do not
 * carry names (PgBouncer before 1.21, or with `max_prepared_statements` 0) refuse them: then there are none any more.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #areUsed: boolean;

  constructor(areUsed: boolean) {
    this.#areUsed = areUsed;
  }

  /** Undefined for a statement that is to be read each time. */
  of({ text, name }: Statement): string | undefined {
    if (!this.#areUsed || name === undefined) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const digest = createHash("sha256").update(text).digest("hex").slice(0, DIGEST);
    const made = `${name.slice(0, READABLE)}_${digest}`;
    this.#names.set(text, made);
    return made;
  }

  /** Whether a statement failed for its name alone; names are given up then. */
  areRefused(error: unknown): boolean {
    // A result of another type than when it was read first: the tables were changed under us (RevalidateCachedQuery in plancache.c).
    const isOutdated = error instanceof Error && error.message.startsWith("cached plan must not change");
    if (!isOutdated && !REFUSED.has(codeOf(error) ?? "")) return false;
    this.#areUsed = false;
    return true;
  }
}
