import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres } from "@wflo/postgres";
import { expect, onTestFinished, test, vi } from "vitest";
import { judgePromises } from "../src/verify/judge-promises.ts";
import { openPool } from "../src/verify/open-pool.ts";
import { ownPlayers } from "../src/verify/own-players.ts";
import { play } from "../src/verify/play.ts";
import type { Players } from "../src/verify/players.ts";
import { postgresBooks } from "../src/verify/postgres-books.ts";
import { closeGround } from "../src/verify/ground.ts";
import type { PromiseReport } from "../src/verify/verify-report.ts";
import { useOwnDatabase } from "./support/use-own-database.ts";

const database = useOwnDatabase();
/** On a machine that is busy with other things a play may have no chance to show it: the next one is longer. */
const PLAYS_MS = [1_200, 3_000, 8_000];
vi.setConfig({ testTimeout: 300_000 });
const CALLERS = 8;

/** Which promises are found broken, when those are looked for. */
async function brokenPromises(wanted: readonly string[]): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (const playMs of PLAYS_MS) {
    found = await brokenIn(playMs);
    if (wanted.every((id) => found.includes(id))) break;
  }
  return found;
}

/** Plays in this process, where nobody is killed, and gives the promises that were found broken. */
async function brokenIn(playMs: number): Promise<readonly PromiseReport["id"][]> {
  const { url } = database;
  const tenant = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "wflo-test-verify-"));
  const errors: string[] = [];
  const onDeadlock = (sentence: string): void => void errors.push(sentence);
  const open = () => openPool({ url, applicationName: tenant, max: 10, onDeadlock });
  const [pool, one, other] = [open(), open(), open()];
  const crews = [one, other].map((crewPool, at) =>
    ownPlayers({
      database: postgres({ pool: crewPool }),
      tenant,
      callers: CALLERS,
      lease: false,
      seed: at,
      folder: mkdtempSync(join(folder, "crew-")),
    }),
  );
  const ground = {
    place: "the test's database",
    database: postgres({ pool }),
    books: postgresBooks({ pool, tenant, applicationName: "nobody" }),
    players: { ...together(crews), errors },
  };
  onTestFinished(async () => {
    await closeGround(ground);
    await Promise.all([one.end(), other.end()]);
    rmSync(folder, { recursive: true });
  });
  const { signal } = new AbortController();
  const promises = judgePromises(await play({ ground, tenant, seed: 7, playMs, signal, onProgress() {} }));
  return promises.filter(({ kept }) => kept === false).map(({ id }) => id);
}

/** As from two processes: each has a queue of its own to the database. */
function together(crews: readonly Players[]): Players {
  const all = async (act: (crew: Players) => Promise<void>): Promise<void> =>
    void (await Promise.all(crews.map(act)));
  return {
    prepare: async () => {},
    start: () => crews.forEach((crew) => crew.start()),
    killInTurn: async () => {},
    stop: () => all((crew) => crew.stop()),
    kill: () => all((crew) => crew.kill()),
    logs: crews.flatMap(({ logs }) => logs),
    killed: { "before-reserve": 0, "after-reserve": 0, "after-answer": 0, "before-settle": 0 },
    errors: [],
  };
}

/** A trigger that changes rows of a table as they are written. */
function trigger(
  table: string,
  when: string,
  body: string,
): { readonly breaks: string; readonly mends: string } {
  return {
    breaks: `
      create function wflo.broken() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger broken ${when} on wflo.${table} for each row execute function wflo.broken()`,
    mends: `drop trigger broken on wflo.${table}; drop function wflo.broken()`,
  };
}

/** Another body for a function, and the old one back. */
async function withFunction(
  name: string,
  change: (definition: string) => string,
): Promise<() => Promise<unknown>> {
  const [row] = await database.query(
    "select pg_get_functiondef(p.oid) as sql from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'wflo' and p.proname = $1",
    [name],
  );
  const definition = String(row?.["sql"]);
  const changed = change(definition);
  expect(changed).not.toBe(definition);
  await database.query(changed);
  return () => database.query(definition);
}

test("nothing is found where nothing is broken", async () => {
  expect(await brokenPromises([])).toEqual([]);
});

test("a grant that does not look at the cap breaks the hard cap", async () => {
  const mend = await withFunction("free_of", (sql) =>
    sql.replace("p_line.cap::numeric", "1000000000000000::numeric"),
  );
  onTestFinished(async () => void (await mend()));
  expect(await brokenPromises(["hard-cap"])).toContain("hard-cap");
});

test("a call that fits and is refused breaks the promise of no phantom refusals", async () => {
  const mend = await withFunction("refusal_of", (sql) => sql.replace("'held'", "'exhausted'"));
  onTestFinished(async () => void (await mend()));
  expect(await brokenPromises(["no-phantom-refusal"])).toContain("no-phantom-refusal");
});

const TRIGGERS = [
  {
    title: "a settle that leaves the money reserved",
    promises: ["books-balance"],
    ...trigger(
      "budget_window",
      "before update",
      "new.reserved := greatest(new.reserved, old.reserved); return new;",
    ),
  },
  {
    title: "a reserve that is acknowledged and forgotten",
    promises: ["reserves-kept", "books-balance"],
    ...trigger(
      "hold",
      "after insert",
      "if new.amount % 3 = 0 then delete from wflo.hold where tenant = new.tenant and call_id = new.call_id; end if; return null;",
    ),
  },
  {
    title: "a settle whose entry is dropped",
    promises: ["settles-kept", "exact-money"],
    ...trigger(
      "entry",
      "after insert",
      "if new.charged % 3 = 0 then delete from wflo.entry where tenant = new.tenant and id = new.id; end if; return null;",
    ),
  },
  {
    title: "a charge that is booked twice",
    promises: ["exact-money", "books-balance"],
    ...trigger(
      "budget_window",
      "before update",
      "new.spent := new.spent + greatest(new.spent - old.spent, 0); return new;",
    ),
  },
  {
    title: "an entry of a nano-dollar more than the bill",
    promises: ["exact-money"],
    ...trigger(
      "entry",
      "before insert",
      "new.charged := new.charged + 1; new.total := new.total + 1; return new;",
    ),
  },
];

test("locks that are taken against the order break the promise of no deadlocks", async () => {
  const { breaks, mends } = trigger(
    "entry",
    "before insert",
    `for at in 1 .. 3 loop
      perform from (select from wflo.budget_window w where w.tenant = new.tenant order by w.id desc limit 5 * at for update) x;
      perform pg_sleep(0.005);
    end loop;
    return new;`,
  );
  // PostgreSQL looks for circles after so long a wait.
  await database.query(`alter database ${database.name} set deadlock_timeout = '20ms'`);
  await database.query(breaks);
  onTestFinished(async () => void (await database.query(mends)));
  expect(await brokenPromises(["no-deadlock"])).toContain("no-deadlock");
});

test.each(TRIGGERS)("$title breaks $promises", async ({ breaks, mends, promises }) => {
  await database.query(breaks);
  onTestFinished(async () => void (await database.query(mends)));
  expect(await brokenPromises(promises)).toEqual(expect.arrayContaining(promises));
});
