import type { ItemCondition, ItemSearch, NamespaceListing, NamespaceMatch, Namespace } from "@wflo/core";
import { and, gte, lt, type SQL, sql } from "drizzle-orm";
import { item } from "./schema/item.ts";
import { storableJson, storableText } from "./storable-json.ts";

/** The operators of numbers and of texts. */
const OPERATORS = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` };

/** Namespaces that begin with a prefix are a stretch of the index: up to the least label that comes after its last. */
export function isUnder(prefix: Namespace): SQL | undefined {
  const last = prefix.at(-1);
  if (last === undefined) return undefined;
  const behind = [...prefix.slice(0, -1), `${last}\u0001`];
  return and(gte(item.namespace, labels(prefix)), lt(item.namespace, labels(behind)));
}

/** What a search asks of the values. */
export function fulfils(conditions: ItemSearch["conditions"]): SQL | undefined {
  return and(...conditions.map(conditionSql));
}

/** What a listing asks of the namespaces. */
export function matches({ matches: wanted }: NamespaceListing): SQL | undefined {
  return and(...wanted.map(matchSql));
}

function labels(namespace: Namespace): SQL {
  return sql`${sql.param([...namespace])}::text[]`;
}

function conditionSql({ path, comparison, operand }: ItemCondition): SQL {
  // Key by key: with `#>` a digit would lead into a list.
  const part = path.reduce((inner, key) => sql`${inner} -> ${storableText(key)}::text`, sql`${item.value}`);
  const json = sql`${storableJson(operand)}::jsonb`;
  switch (comparison) {
    case "eq":
      return sql`${part} = ${json}`;
    case "ne":
      return sql`${part} is distinct from ${json}`;
    case "in":
      return sql`${part} = any (array(select jsonb_array_elements(${json})))`;
    case "nin":
      return sql`coalesce(${part} <> all (array(select jsonb_array_elements(${json}))), true)`;
    default:
      return sql`case when wflo.item_number(${json}) is not null
        then wflo.item_number(${part}) ${OPERATORS[comparison]} wflo.item_number(${json})
        else wflo.item_text(${part}) ${OPERATORS[comparison]} wflo.item_text(${json}) end`;
  }
}

function matchSql({ end, labels: wanted }: NamespaceMatch): SQL | undefined {
  const depth = sql`cardinality(${item.namespace})`;
  const first = end === "first" ? sql`1` : sql`${depth} - ${wanted.length}::int + 1`;
  const known = wanted.findIndex((label) => label === undefined);
  // A beginning without "any label" in it is found by the index.
  const beginning = wanted.slice(0, known < 0 ? undefined : known) as Namespace;
  return and(
    end === "first" ? isUnder(beginning) : undefined,
    sql`${depth} >= ${wanted.length}::int`,
    ...wanted.map((label, place) =>
      label === undefined
        ? undefined
        : sql`${item.namespace}[${first} + ${place}::int] = ${label}::text collate "C"`,
    ),
  );
}
