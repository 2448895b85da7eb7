import type { Cell, Driver } from "./driver.ts";

/** What wflo needs of a PGlite instance. */
export interface PGliteLike {
  query(text: string, params: unknown[], options: PGliteOptions): Promise<{ readonly rows: unknown[] }>;
  transaction<T>(work: (transaction: PGliteTransaction) => Promise<T>): Promise<T | undefined>;
}

interface PGliteTransaction {
  exec(text: string, options: PGliteOptions): Promise<readonly { readonly rows: unknown[] }[]>;
}

interface PGliteOptions {
  readonly rowMode: "array";
  readonly parsers: Record<number, (text: string) => unknown>;
}

/** An open instance, and the way to give it back. */
export interface OpenPGlite {
  readonly engine: PGliteLike;
  /** Throws when the instance may no longer be used. */
  check(): void;
  close(): Promise<void>;
}

/** smallint, integer, bigint, float, numeric, dates, json, uuid, lists of bigint. Booleans and arrays of text PGlite reads as the pg driver does. */
const TEXT_OIDS = [21, 23, 20, 700, 701, 1700, 1082, 1114, 1184, 114, 3802, 2950, 1016];

/** Values as PostgreSQL writes them, like those of the pg driver; PGlite's own parsers make numbers of int8. */
const options: PGliteOptions = {
  rowMode: "array",
  parsers: Object.fromEntries(TEXT_OIDS.map((oid) => [oid, (text: string) => text])),
};

/** PostgreSQL embedded by PGlite. The instance is opened on first use, and again when that failed. */
export function pgliteDriver(place: string, open: () => Promise<OpenPGlite>): Driver {
  let opened: Promise<OpenPGlite> | undefined;
  const instance = async (): Promise<PGliteLike> => {
    opened ??= open();
    const attempt = opened;
    attempt.catch(() => {
      if (opened === attempt) opened = undefined;
    });
    const ready = await attempt;
    ready.check();
    return ready.engine;
  };
  return {
    place,
    barrier: undefined,
    onConnectionLost: () => {},
    async query({ text, params }) {
      return (await (await instance()).query(text, [...params], options)).rows as Cell[][];
    },
    async transaction<T>(work: Parameters<Driver["transaction"]>[0]) {
      const engine = await instance();
      const run = async (transaction: PGliteTransaction, text: string): Promise<Cell[][]> =>
        (await transaction.exec(text, options)).at(-1)?.rows as Cell[][];
      return (await engine.transaction((transaction) => work((text) => run(transaction, text)))) as T;
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
