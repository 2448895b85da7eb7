import pg from "pg";

/**
 * The reference on the same server in the same minute: how many pairs of plain UPDATEs of one row a second, each committed to
 * the disk, come through with so many callers. It is what a ledger would reach that had two statements a call and no rules.
 */
export async function hotRowPairs(
  url: string,
  callers: number,
  connections: number,
  forMs: number,
): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await pool.query("create table if not exists hot_row (id int primary key, value int8 not null)");
  await pool.query("insert into hot_row values (1, 0) on conflict do nothing");
  await Promise.all(Array.from({ length: connections }, () => pool.query("select pg_sleep(0.05)")));
  const started = performance.now();
  let pairs = 0;
  const call = async (): Promise<void> => {
    while (performance.now() - started < forMs) {
      await pool.query("update hot_row set value = value + 1 where id = 1");
      await pool.query("update hot_row set value = value - 1 where id = 1");
      pairs += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - started) / 1000;
  await pool.end();
  return pairs / seconds;
}
