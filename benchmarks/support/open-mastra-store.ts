import { MastraCompositeStore } from "@mastra/core/storage";
import { InMemoryStore, type WorkflowsStorage } from "@mastra/core/storage";
import { PostgresStore } from "@mastra/pg";
import { postgres } from "@wflo/postgres";
import { WfloWorkflowsStorage } from "@wflo/mastra";
import pg from "pg";

/** The stores that are compared. */
export const MASTRA_STORES = ["WfloWorkflowsStorage", "@mastra/pg"] as const;
export type MastraStoreName = (typeof MASTRA_STORES)[number];

/** The most connections of each. */
const CONNECTIONS = 10;

/** Mastra's storage on a database of its own, which has nothing else in it but for the tables of other domains, empty. */
export interface OpenMastraStore {
  readonly store: MastraCompositeStore;
  readonly workflows: WorkflowsStorage;
  /** Tables of runs with their indexes and TOAST, in whole pages. */
  readonly bytes: () => Promise<number>;
  /** Gives back what rows that are gone take. */
  readonly vacuum: () => Promise<void>;
  /** How far the log of the server has come. Bytes. */
  readonly log: () => Promise<number>;
  /** Closes the store and drops its database. */
  readonly close: () => Promise<void>;
}

let databases = 0;

/** Opens a store on an empty database of a server. */
export async function openMastraStore(name: MastraStoreName, serverUrl: string): Promise<OpenMastraStore> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  const database = `mastra_${process.pid}_${(databases += 1)}`;
  await admin.query(`create database ${database}`);
  const url = new URL(serverUrl);
  url.pathname = database;
  const pool = new pg.Pool({ connectionString: url.href, max: CONNECTIONS });
  const { workflows, tables } = name === "@mastra/pg" ? await official(pool) : await ours(pool);
  const ask = async (sql: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await pool.query<{ answer: string }>(sql, [...values]);
    return Number(rows[0]?.answer);
  };
  return {
    store: new MastraCompositeStore({ id: name, default: new InMemoryStore(), domains: { workflows } }),
    workflows,
    bytes: () =>
      ask(
        `select coalesce(sum(pg_total_relation_size(c.oid)), 0) as answer from pg_class c
        join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname || '.' || c.relname ~ $1`,
        [tables],
      ),
    vacuum: async () => void (await pool.query("vacuum full")),
    log: () => ask("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as answer"),
    async close() {
      await pool.end();
      await admin.query(`drop database ${database}`);
      await admin.end();
    },
  };
}

interface Opened {
  readonly workflows: WorkflowsStorage;
  readonly tables: string;
}

async function ours(pool: pg.Pool): Promise<Opened> {
  const workflows = new WfloWorkflowsStorage({ database: postgres({ pool }) });
  await workflows.init();
  return { workflows, tables: "^wflo\\.(thread|checkpoint|element|pending_write)" };
}

async function official(pool: pg.Pool): Promise<Opened> {
  const store = new PostgresStore({ id: "official", pool });
  await store.init();
  const workflows = await store.getStore("workflows");
  if (workflows === undefined) throw new Error("@mastra/pg has no workflows");
  return { workflows, tables: "^public\\.mastra_workflow_snapshot" };
}
