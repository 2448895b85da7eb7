import { memoryDatabase, type Database } from "@wflo/core";

/** A database in memory, what it was given to keep, and how many bytes that was. */
export interface CountedDatabase {
  readonly database: Database;
  readonly bytes: () => number;
  /** Every text it was given, names aside. */
  readonly texts: readonly string[];
}

/** Counts what a saver stores. */
export function countedDatabase(): CountedDatabase {
  const memory = memoryDatabase();
  const texts: string[] = [];
  let bytes = 0;
  const keep = (text: string) => {
    texts.push(text);
    bytes += text.length;
  };
  const database: Database = {
    ...memory,
    checkpoints: {
      ...memory.checkpoints,
      put(put) {
        const { manifest, pieces, metadata } = put.checkpoint;
        for (const text of [manifest, JSON.stringify(pieces), metadata]) keep(text);
        for (const { text } of put.elements) keep(text);
        return memory.checkpoints.put(put);
      },
      putWrites(put) {
        for (const { text } of put.writes) keep(text);
        return memory.checkpoints.putWrites(put);
      },
    },
  };
  return { database, bytes: () => bytes, texts };
}
