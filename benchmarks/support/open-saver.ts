import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { WfloSaver } from "@wflo/langgraph";
import { postgres } from "@wflo/postgres";
import pg from "pg";

/** The savers that are compared. */
export const SAVERS = ["WfloSaver", "PostgresSaver"] as const;
export type SaverName = (typeof SAVERS)[number];

/** The most connections of each. */
const CONNECTIONS = 10;

/** One saver on a database of its own, which has nothing else in it. */
export interface OpenSaver {
  readonly name: SaverName;
  readonly saver: BaseCheckpointSaver;
  /** Tables of threads with their indexes and TOAST, in whole pages; nothing is vacuumed before. */
  readonly bytes: () => Promise<number>;
  /** Closes the saver and drops its database. */
  readonly close: () => Promise<void>;
}

let databases = 0;

/** Opens a saver on an empty database of a server. */
export async function openSaver(name: SaverName, serverUrl: string): Promise<OpenSaver> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  const database = `saver_${process.pid}_${(databases += 1)}`;
  await admin.query(`create database ${database}`);
  const url = new URL(serverUrl);
  url.pathname = database;
  const pool = new pg.Pool({ connectionString: url.href, max: CONNECTIONS });
  const { saver, tables } = name === "WfloSaver" ? await wfloSaver(pool) : await officialSaver(pool);
  return {
    name,
    saver,
    async bytes() {
      const { rows } = await pool.query<{ bytes: string }>(
        `select coalesce(sum(pg_total_relation_size(c.oid)), 0) as bytes from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname || '.' || c.relname ~ $1`,
        [tables],
      );
      return Number(rows[0]?.bytes);
    },
    async close() {
      await pool.end();
      await admin.query(`drop database ${database}`);
      await admin.end();
    },
  };
}

async function wfloSaver(pool: pg.Pool): Promise<Pick<OpenSaver, "saver"> & { tables: string }> {
  const database = postgres({ pool });
  await database.migrate();
  return {
    saver: new WfloSaver({ database }),
    tables: "^wflo\\.(thread|checkpoint|element|pending_write)",
  };
}

async function officialSaver(pool: pg.Pool): Promise<Pick<OpenSaver, "saver"> & { tables: string }> {
  const saver = new PostgresSaver(pool);
  await saver.setup();
  return { saver, tables: "^public\\.checkpoint" };
}
