import type { CheckpointConditions } from "@wflo/core";
import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { exactText } from "./exact-text.ts";
import { keyOf } from "./key-of.ts";
import { plainTextIn } from "./plain-text-in.ts";
import { checkpoint } from "./schema/checkpoint.ts";

/** What rows of checkpoints meet that are sought, as `wflo.list_stored` has it. Throws `InvalidOptionError` for texts that no row can have. */
export function checkpointCondition(tenant: string, conditions: CheckpointConditions): SQL | undefined {
  const { thread, namespace, name, id, before, from, contains } = conditions;
  const tenantKey = keyOf("tenant", tenant);
  return and(
    thread === undefined
      ? sql`${checkpoint.tenant} = ${tenantKey} and not exists (
          select from wflo.thread t
          where t.tenant = ${tenantKey} and t.key = ${checkpoint.threadKey} and t.expires_at <= wflo.now())`
      : sql`${checkpoint.threadKey} = (
          select t.key from wflo.thread t where t.tenant = ${tenantKey} and t.thread = ${keyOf("thread", thread)}
            and (t.expires_at is null or t.expires_at > wflo.now()))`,
    namespace === undefined ? undefined : eq(checkpoint.namespace, keyOf("namespace", namespace)),
    name === undefined ? undefined : eq(checkpoint.name, exactText("checkpoint name", name)),
    id === undefined ? undefined : eq(checkpoint.id, keyOf("checkpoint id", id)),
    contains === undefined ? undefined : containing(contains),
    before === undefined ? undefined : lt(checkpoint.id, keyOf("checkpoint id", before)),
    from === undefined ? undefined : gte(checkpoint.id, keyOf("checkpoint id", from)),
  );
}

/** For the text that is looked for first see `wflo.list_stored`. */
function containing(json: string): SQL | undefined {
  const text = plainTextIn(json);
  return and(
    text === undefined
      ? undefined
      : sql`(strpos(${checkpoint.metadata}, ${text}) > 0 or strpos(${checkpoint.metadata}, E'\\\\u') > 0)`,
    sql`wflo.json_of(${checkpoint.metadata}) @> ${json}::jsonb`,
  );
}
