import type { ItemBatch, ItemPlace, ItemPut, ItemSearch, ItemStore, NamespaceListing } from "@wflo/core";
import { and, eq, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Statement } from "./driver.ts";
import { exactText } from "./exact-text.ts";
import { fulfils, isUnder, matches } from "./item-conditions.ts";
import { itemId } from "./item-id.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readAnswers, type ItemCells } from "./read-items.ts";
import { item } from "./schema/item.ts";
import { storableJson } from "./storable-json.ts";

const dialect = new PgDialect();

const contents = sql.raw(
  "i.namespace, i.key, i.value, extract(epoch from i.created_at), extract(epoch from i.updated_at)",
);
const ofItem = sql`${item.namespace}, ${item.key}, ${item.value}, ${item.createdAt}, ${item.updatedAt}`;
const noItem = sql`null::text, null::jsonb, null::numeric, null::numeric`;

/** The texts of batches that only get or only put, which are always the same. */
const GET = dialect.sqlToQuery(getSql("", [])).sql;
const PUT = dialect.sqlToQuery(putSql("", "")).sql;

/** Items on PostgreSQL: a batch is one statement, whose parts all see the moment before its puts. */
export function itemStore(driver: MigratedDriver): ItemStore {
  return {
    async batch(tenant, batch) {
      const statement = statementOf(keyOf("tenant", tenant), batch);
      const rows = statement === undefined ? [] : await driver.query(statement);
      return readAnswers(rows as unknown as readonly ItemCells[], batch);
    },
  };
}

/** Undefined for a batch of nothing. */
function statementOf(tenant: string, { gets, searches, listings, puts }: ItemBatch): Statement | undefined {
  const isPlain = searches.length === 0 && listings.length === 0;
  if (isPlain && puts.length === 0) {
    return gets.length === 0
      ? undefined
      : { text: GET, params: [tenant, idsOf(gets)], name: "wflo_get_items" };
  }
  if (isPlain && gets.length === 0)
    return { text: PUT, params: [tenant, putsJson(puts)], name: "wflo_put_items" };
  const parts = [
    ...(gets.length > 0 ? [getSql(tenant, idsOf(gets))] : []),
    ...searches.map((search, place) => searchSql(tenant, search, place)),
    ...listings.map((listing, place) => listingSql(tenant, listing, place)),
    ...(puts.length > 0 ? [putSql(tenant, putsJson(puts))] : []),
  ];
  const { sql: text, params } = dialect.sqlToQuery(sql.join(parts, sql` union all `));
  return { text, params };
}

/** In no order: the ids tell which is which. */
function getSql(tenant: string, ids: readonly string[]): SQL {
  return sql`select 'get', i.id::text, ${contents}
    from ${item} i where i.tenant = ${tenant} and i.id = any (${sql.param(ids)}::uuid[])`;
}

/** What is not sorted by is made of the rows of the page alone. */
function searchSql(tenant: string, { prefix, conditions, limit, offset }: ItemSearch, place: number): SQL {
  return sql`select 'search', ${String(place)}::text, ${contents} from (
    select ${ofItem} from ${item}
    where ${and(eq(item.tenant, tenant), isUnder(prefix.map(nameOfLabel)), fulfils(conditions))}
    order by ${item.updatedAt} desc, ${item.namespace}, ${item.key} limit ${limit}::int8 offset ${offset}::int8) i`;
}

function listingSql(tenant: string, listing: NamespaceListing, place: number): SQL {
  const { maxDepth, limit, offset } = listing;
  const cut = maxDepth === undefined ? sql`${item.namespace}` : sql`${item.namespace}[1:${maxDepth}::int4]`;
  return sql`(select distinct 'listing', ${String(place)}::text, ${cut}, ${noItem} from ${item}
    where ${and(eq(item.tenant, tenant), matches(listing))}
    order by 3 limit ${limit}::int8 offset ${offset}::int8)`;
}

/** Adds no row to the answer. */
function putSql(tenant: string, json: string): SQL {
  return sql`select 'put', null::text, null::text[], ${noItem}
    where wflo.put_items(${tenant}, ${json}::jsonb) is null`;
}

function idsOf(places: readonly ItemPlace[]): readonly string[] {
  return places.map((place) => itemId(checked(place)));
}

/** For `wflo.put_items`. */
function putsJson(puts: readonly ItemPut[]): string {
  const byId = new Map(puts.map((put) => [itemId(checked(put)), put]));
  const written = Array.from(byId, ([id, { namespace, key, value }]) => {
    const place = JSON.stringify({ id, namespace, key });
    return value === undefined ? place : `${place.slice(0, -1)},"value":${storableJson(value)}}`;
  });
  return `[${written.join(",")}]`;
}

function checked(place: ItemPlace): ItemPlace {
  keyOf("key", place.key);
  keyOf("namespace", place.namespace.map(nameOfLabel).join(""));
  return place;
}

function nameOfLabel(label: string): string {
  return exactText("namespace", label);
}
