import type { PgPool } from "./pg-pool.ts";

/** Names a database for sentences, as `database "app" on localhost:5432`; never with a password. */
export function placeOf(options: PgPool["options"]): string {
  const url = parsed(options.connectionString);
  const { PGHOST, PGPORT, PGDATABASE, PGUSER } = process.env;
  const inUrl = url === undefined ? undefined : decoded(url.pathname.slice(1));
  const host =
    options.host ?? (url?.hostname || url?.searchParams.get("host") || undefined) ?? PGHOST ?? "localhost";
  const port = options.port ?? (url?.port || undefined) ?? PGPORT ?? "5432";
  const user = options.user ?? (url?.username ? decoded(url.username) : undefined) ?? PGUSER;
  const database = options.database ?? (inUrl || undefined) ?? PGDATABASE ?? user ?? "(default)";
  return `database "${database}" on ${host}:${port}${user === undefined ? "" : ` as user "${user}"`}`;
}

function parsed(connectionString: string | undefined): URL | undefined {
  return connectionString !== undefined && URL.canParse(connectionString)
    ? new URL(connectionString)
    : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
