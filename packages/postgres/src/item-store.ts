import type { ItemBatch, ItemPlace, ItemPut, ItemSearch, ItemStore, NamespaceListing } from "@wflo/core";
import { and, eq, type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { exactText } from "./exact-text.ts";
import { fulfils, isUnder, matches } from "./item-conditions.ts";
import { itemId } from "./item-id.ts";
import { keyOf } from "./key-of.ts";
import type { MigratedDriver } from "./migrated-driver.ts";
import { readAnswers, type ItemCells } from "./read-items.ts";
import { item } from "./schema/item.ts";
import { storableJson } from "./storable-json.ts";

const dialect = new PgDialect();

const contents = sql`${item.namespace}, ${item.key}, ${item.value}, floor(extract(epoch from ${item.createdAt}) * 1000)::int8,
  floor(extract(epoch from ${item.updatedAt}) * 1000)::int8`;

/** Items on PostgreSQL: a batch is one statement, whose parts all see the moment before its puts. */
export function itemStore(driver: MigratedDriver): ItemStore {
  return {
    async batch(tenant, batch) {
      const parts = partsOf(keyOf("tenant", tenant), batch);
      if (parts.length === 0) return readAnswers([], batch);
      const { sql: text, params } = dialect.sqlToQuery(sql.join(parts, sql` union all `));
      const rows = await driver.query({ text, params, name: nameOf(batch) });
      return readAnswers(rows as unknown as readonly ItemCells[], batch);
    },
  };
}

/** What is always the same text may be prepared. */
function nameOf({ gets, searches, listings, puts }: ItemBatch): string | undefined {
  if (searches.length > 0 || listings.length > 0 || (gets.length > 0 && puts.length > 0)) return undefined;
  return gets.length > 0 ? "wflo_get_items" : "wflo_put_items";
}

function partsOf(tenant: string, { gets, searches, listings, puts }: ItemBatch): SQL[] {
  return [
    ...(gets.length > 0 ? [getSql(tenant, gets)] : []),
    ...searches.map((search, at) => searchSql(tenant, search, at)),
    ...listings.map((listing, at) => listingSql(tenant, listing, at)),
    ...(puts.length > 0 ? [putSql(tenant, puts)] : []),
  ];
}

function getSql(tenant: string, places: readonly ItemPlace[]): SQL {
  const ids = places.map((place) => itemId(checked(place)));
  return sql`select 'get', u.place::int4 - 1, ${contents}
    from unnest(${sql.param(ids)}::uuid[]) with ordinality u (id, place)
    join ${item} on ${and(eq(item.tenant, tenant), eq(item.id, sql`u.id`))}`;
}

function searchSql(tenant: string, { prefix, conditions, limit, offset }: ItemSearch, place: number): SQL {
  return sql`(select 'search', ${place}::int4, ${contents} from ${item}
    where ${and(eq(item.tenant, tenant), isUnder(prefix.map(nameOfLabel)), fulfils(conditions))}
    order by ${item.updatedAt} desc, ${item.namespace}, ${item.key} limit ${limit}::int8 offset ${offset}::int8)`;
}

function listingSql(tenant: string, listing: NamespaceListing, place: number): SQL {
  const { maxDepth, limit, offset } = listing;
  const cut = maxDepth === undefined ? sql`${item.namespace}` : sql`${item.namespace}[1:${maxDepth}::int4]`;
  return sql`(select distinct 'listing', ${place}::int4, ${cut}, null::text, null::jsonb, null::int8, null::int8 from ${item}
    where ${and(eq(item.tenant, tenant), matches(listing))}
    order by 3 limit ${limit}::int8 offset ${offset}::int8)`;
}

/** Adds no row to the answer. */
function putSql(tenant: string, puts: readonly ItemPut[]): SQL {
  const byId = new Map(puts.map((put) => [itemId(checked(put)), put]));
  const written = Array.from(byId, ([id, { namespace, key, value }]) => {
    const place = JSON.stringify({ id, namespace, key });
    return value === undefined ? place : `${place.slice(0, -1)},"value":${storableJson(value)}}`;
  });
  return sql`select 'put', null::int4, null::text[], null::text, null::jsonb, null::int8, null::int8
    where wflo.put_items(${tenant}, ${`[${written.join(",")}]`}::jsonb) is null`;
}

function checked(place: ItemPlace): ItemPlace {
  keyOf("key", place.key);
  keyOf("namespace", place.namespace.map(nameOfLabel).join(""));
  return place;
}

function nameOfLabel(label: string): string {
  return exactText("namespace", label);
}
