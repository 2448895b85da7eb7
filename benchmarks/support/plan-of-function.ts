import type pg from "pg";

/** The plan of a SQL function's own statement, run with the function's settings and these arguments, line by line. */
export async function planOfFunction(
  client: pg.Client,
  name: string,
  args: readonly { readonly value: unknown; readonly type: string }[],
): Promise<readonly string[]> {
  const { rows: functions } = await client.query<{ source: string; names: string[]; settings: string[] }>(
    "select prosrc as source, proargnames as names, proconfig as settings from pg_proc where oid = $1::regproc",
    [name],
  );
  const { source = "", names = [], settings = [] } = functions[0] ?? {};
  const text = source.replaceAll(/\bp_\w+/g, (parameter) => {
    const place = names.indexOf(parameter);
    return `$${place + 1}::${args[place]?.type ?? "text"}`;
  });
  await client.query("begin");
  for (const setting of settings) await client.query(`set local ${setting}`);
  const values = args.map(({ value }) => value);
  const options = "analyze, costs off, timing off, summary off, buffers off";
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain (${options}) ${text}`, values);
  await client.query("rollback");
  return rows.map((row) => row["QUERY PLAN"]);
}
