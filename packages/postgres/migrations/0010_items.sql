-- Items: what agents remember across threads. See core's ports/item-store.ts.

-- id is made of namespace and key by item-id.ts: together with the tenant they may be longer than an index row can be. A namespace alone,
-- with its tenant, is not. value is made storable by storable-json.ts.
create table wflo.item (
  tenant text collate "C" not null,
  id uuid not null,
  namespace text[] collate "C" not null,
  key text collate "C" not null,
  value jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant, id)
);

create index item_namespace on wflo.item (tenant, namespace);

-- A part of a value as a number; null when it is none. A text counts when it is a numeral that a double has room for.
create function wflo.item_number(p_part jsonb) returns float8 language sql immutable as $$
  select case
    when jsonb_typeof(p_part) = 'number' or jsonb_typeof(p_part) = 'string'
      and p_part #>> '{}' ~ '^[+-]?[0-9]{1,200}(\.[0-9]{0,200})?([eE][+-]?[0-9]{1,2})?$' then (p_part #>> '{}')::float8
  end
$$;

-- A part of a value as a text; null when it is none.
create function wflo.item_text(p_part jsonb) returns text language sql immutable as $$
  select case when jsonb_typeof(p_part) = 'string' then (p_part #>> '{}') collate "C" end
$$;

-- Puts items, and deletes those without a value; a JSON array of objects with id, namespace, key and value, no id twice. One after the
-- other in the order of their ids, which is the order of the locks: two batches never wait for each other.
create function wflo.put_items(p_tenant text, p_puts jsonb) returns int4 language plpgsql as $$
declare
  v_put record;
  v_now timestamptz := wflo.now();
  v_count int4 := 0;
begin
  for v_put in
    select p.* from jsonb_to_recordset(p_puts) p (id uuid, namespace text[], key text, value jsonb) order by p.id
  loop
    v_count := v_count + 1;
    if v_put.value is null then
      delete from wflo.item i where i.tenant = p_tenant and i.id = v_put.id;
    else
      insert into wflo.item as i (tenant, id, namespace, key, value, created_at, updated_at)
      values (p_tenant, v_put.id, v_put.namespace, v_put.key, v_put.value, v_now, v_now)
      on conflict (tenant, id) do update
      set value = excluded.value, updated_at = greatest(excluded.updated_at, i.updated_at);
    end if;
  end loop;
  return v_count;
end
$$;
