-- Checkpoints. A state is pieces of append-only logs of elements; see core's ports/checkpoint-store.ts. Everything of a thread hangs
-- on the 16 bytes of its key: tenant, thread, namespace and id together may be longer than an index row can be, and would be repeated
-- in every row.

-- next_log is the smallest number no log has, seq the number of the last checkpoint saved. Both outlive a deletion, as epoch does:
-- a writer that knew what was deleted must find out. deleted_to is the greatest id that was deleted: what goes on from one of those must
-- not bring a part of it back.
create table wflo.thread (
  tenant text collate "C" not null,
  thread text collate "C" not null,
  key uuid not null,
  epoch int4 not null default 1,
  next_log int4 not null default 0,
  seq int4 not null default 0,
  deleted_to text collate "C",
  primary key (tenant, thread)
) with (fillfactor = 50);

create unique index thread_key on wflo.thread (key);

-- pieces: log, first, last of each, with commas; shorter than an int4[] while numbers have up to three digits.
create table wflo.checkpoint (
  saved_at timestamptz not null,
  seq int4 not null,
  thread_key uuid not null,
  tenant text collate "C" not null,
  namespace text collate "C" not null,
  id text collate "C" not null,
  parent_id text collate "C",
  kind wflo.checkpoint_kind not null,
  name text collate "C" not null,
  step text,
  manifest text not null,
  pieces text not null,
  metadata text not null,
  primary key (thread_key, namespace, id)
);

create index checkpoint_id on wflo.checkpoint (tenant, id);
-- Empty but for hosts whose clocks run behind: a child of the greatest id is always among them.
create index checkpoint_behind on wflo.checkpoint (thread_key, namespace, parent_id) where id < parent_id;

-- A text that is long enough is deflated instead (RFC 1951): what PostgreSQL itself compresses are rows of more than 2 kB.
create table wflo.element (
  thread_key uuid not null,
  log int4 not null,
  position int4 not null,
  codec int2 not null,
  text text,
  packed bytea,
  primary key (thread_key, log, position)
);

-- JSON, put together by hand: a put makes one each time. Stable, as what it calls is: else it would not become a part of the expression that calls it.
create function wflo.put_verdict(p_code text, p_saved_at timestamptz, p_epoch int4, p_next_log int4) returns text
language sql stable as $$
  select '{"code":"' || p_code || '","savedAt":' || coalesce(floor(extract(epoch from p_saved_at) * 1000)::int8::text, 'null')
    || ',"thread":{"epoch":' || p_epoch || ',"nextLog":' || p_next_log || '}}'
$$;

-- Whether something that goes on from a checkpoint would go on from what was deleted.
create function wflo.revives(p_thread wflo.thread, p_namespace text, p_id text) returns boolean language sql stable as $$
  select coalesce(p_id <= p_thread.deleted_to, false) and not exists (
    select from wflo.checkpoint c where c.thread_key = p_thread.key and c.namespace = p_namespace and c.id = p_id)
$$;

-- Whether all of the elements are there as they are given.
create function wflo.has_elements(
  p_thread wflo.thread, p_logs int4[], p_positions int4[], p_codecs int2[], p_texts text[], p_packed text[]
) returns boolean language sql stable as $$
  select not exists (
    select from unnest(p_logs, p_positions, p_codecs, p_texts, p_packed) u (log, position, codec, text, packed)
    left join wflo.element e on e.thread_key = p_thread.key and e.log = u.log and e.position = u.position
    where (e.codec, e.text, e.packed) is distinct from (u.codec, u.text, decode(u.packed, 'base64')))
$$;

-- Whether the elements name a place twice, or one that is taken. Logs from next_log on are free: nothing to look for. The OFFSET keeps
-- the planner from reading all elements of the thread to join them.
create function wflo.collides(p_thread wflo.thread, p_logs int4[], p_positions int4[]) returns boolean language plpgsql as $$
begin
  if cardinality(p_logs) > 1 and exists (
    select from unnest(p_logs, p_positions) u (log, position) group by u.log, u.position having count(*) > 1) then
    return true;
  end if;
  return exists (
    select from unnest(p_logs, p_positions) u (log, position)
    cross join lateral (
      select from wflo.element x
      where x.thread_key = p_thread.key and x.log = u.log and x.position = u.position
      offset 0
    ) e
    where u.log < p_thread.next_log);
end
$$;

-- Writes one checkpoint with the elements that only it has (parallel arrays; p_packed is base64, and null where there is a text). Locks the
-- run of the fence, then the thread: from there on the puts of a thread come one after the other, so what is looked at stays as it is.
-- Most puts stand in nobody's way: each is tried first, with one update that locks and checks the thread at once. What the keys of the
-- tables or the update refuse is undone, and looked at in order: identity first.
create function wflo.put_checkpoint(
  p_tenant text, p_thread text, p_namespace text, p_id text, p_parent text, p_kind text, p_name text, p_step text, p_manifest text,
  p_pieces text, p_metadata text, p_logs int4[], p_positions int4[], p_codecs int2[], p_texts text[], p_packed text[],
  p_thread_epoch int8, p_must_follow boolean, p_replaces boolean, p_must_not_revive boolean, p_run uuid, p_epoch int8
) returns text language plpgsql as $$
declare
  v_thread wflo.thread;
  v_found wflo.checkpoint;
  v_at timestamptz := wflo.now();
  v_next_log int4;
  v_log int4;
  v_looked boolean := false;
begin
  foreach v_log in array p_logs loop
    v_next_log := greatest(v_next_log, v_log + 1);
  end loop;
  if p_run is not null then
    perform 1 from wflo.run r where r.tenant = p_tenant and r.id = p_run for key share;
    if exists (select from wflo.run r where r.tenant = p_tenant and r.id = p_run and r.epoch > p_epoch) then
      return '{"code":"superseded"}';
    end if;
  end if;
  -- A second look is needed only when another made the thread's row meanwhile.
  for v_try in 1..4 loop
    if v_looked or not p_must_follow then
      begin
        update wflo.thread t set seq = t.seq + 1, next_log = greatest(t.next_log, v_next_log)
        where t.tenant = p_tenant and t.thread = p_thread
          and (v_looked or (
            coalesce(t.epoch = p_thread_epoch, true) and not (p_must_not_revive and coalesce(p_parent <= t.deleted_to, false))))
        returning t.* into v_thread;
        if found then
          insert into wflo.checkpoint (
            saved_at, seq, thread_key, tenant, namespace, id, parent_id, kind, name, step, manifest, pieces, metadata
          )
          values (
            v_at, v_thread.seq, v_thread.key, p_tenant, p_namespace, p_id, p_parent, p_kind, p_name, p_step, p_manifest, p_pieces,
            p_metadata
          );
          insert into wflo.element (thread_key, log, position, codec, text, packed)
          select v_thread.key, u.log, u.position, u.codec, u.text, decode(u.packed, 'base64')
          from unnest(p_logs, p_positions, p_codecs, p_texts, p_packed) u (log, position, codec, text, packed);
          return wflo.put_verdict('saved', v_at, v_thread.epoch, v_thread.next_log);
        end if;
      exception when unique_violation then
        null;
      end;
    end if;

    select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for no key update;
    if not found then
      -- Refused without a trace: a row would make the next put that names this epoch look right.
      if p_thread_epoch is not null then
        return wflo.put_verdict('stale', null, 1, 0);
      elsif p_must_follow and p_parent is not null then
        return wflo.put_verdict('moved', null, 1, 0);
      elsif wflo.collides(null, p_logs, p_positions) then
        return wflo.put_verdict('collision', null, 1, 0);
      end if;
      insert into wflo.thread (tenant, thread, key) values (p_tenant, p_thread, wflo.uuid7()) on conflict do nothing;
      continue;
    end if;

    select * into v_found from wflo.checkpoint c
    where c.thread_key = v_thread.key and c.namespace = p_namespace and c.id = p_id;
    if found and (not p_replaces or (
      (v_found.kind, v_found.name, v_found.manifest, v_found.pieces, v_found.metadata) = (p_kind, p_name, p_manifest, p_pieces, p_metadata)
      and v_found.parent_id is not distinct from p_parent
      and wflo.has_elements(v_thread, p_logs, p_positions, p_codecs, p_texts, p_packed))) then
      return wflo.put_verdict('replay', v_found.saved_at, v_thread.epoch, v_thread.next_log);
    elsif p_must_not_revive and wflo.revives(v_thread, p_namespace, p_parent) then
      if v_found.id is null then
        -- What its tasks wrote goes with it, also what is being written: see wflo.put_writes.
        perform 1 from wflo.thread t where t.key = v_thread.key for update;
        update wflo.thread t set deleted_to = greatest(t.deleted_to, p_id) where t.tenant = p_tenant and t.thread = p_thread;
        delete from wflo.pending_write w
        where w.thread_key = v_thread.key and w.namespace = p_namespace and w.checkpoint_id = p_id;
      end if;
      return '{"code":"deleted"}';
    elsif p_thread_epoch <> v_thread.epoch then
      return wflo.put_verdict('stale', null, v_thread.epoch, v_thread.next_log);
    elsif p_must_follow and p_parent is distinct from (
      select max(c.id) from wflo.checkpoint c where c.thread_key = v_thread.key and c.namespace = p_namespace) then
      return wflo.put_verdict('moved', null, v_thread.epoch, v_thread.next_log);
    elsif wflo.collides(v_thread, p_logs, p_positions) then
      return wflo.put_verdict('collision', null, v_thread.epoch, v_thread.next_log);
    end if;
    delete from wflo.checkpoint c where c.thread_key = v_thread.key and c.namespace = p_namespace and c.id = p_id;
    v_at := wflo.now();
    v_looked := true;
  end loop;
  raise exception 'wflo.put_checkpoint found its way clear and could not go it';
end
$$;

-- The id that a place means; null when it means none. A name's is its greatest. The latest of a line is its greatest, or if that has
-- descendants (their host's clock ran behind) the one of them that was saved last.
create function wflo.checkpoint_at(p_key uuid, p_namespace text, p_id text, p_name text) returns text language plpgsql stable as $$
declare
  v_id text;
begin
  if p_id is not null then
    return p_id;
  elsif p_name is not null then
    return (
      select c.id from wflo.checkpoint c
      where c.thread_key = p_key and c.namespace = p_namespace and c.name = p_name
      order by c.id desc limit 1);
  end if;
  select c.id into v_id from wflo.checkpoint c
  where c.thread_key = p_key and c.namespace = p_namespace
  order by c.id desc limit 1;
  if not exists (
    select from wflo.checkpoint c
    where c.thread_key = p_key and c.namespace = p_namespace and c.parent_id = v_id and c.id < c.parent_id) then
    return v_id;
  end if;
  return (
    with recursive line as materialized (
      select c.id, c.parent_id, c.seq from wflo.checkpoint c where c.thread_key = p_key and c.namespace = p_namespace
    ), family as (
      select l.id, l.seq from line l where l.parent_id = v_id
      union
      select l.id, l.seq from family f join line l on l.parent_id = f.id
    )
    select f.id from family f where f.id <> v_id order by f.seq desc limit 1);
end
$$;

-- Pieces as places in their logs, each place once: overlapping pieces are joined.
create function wflo.stretches(p_pieces text) returns table (log int4, first int8, behind int8) language sql immutable as $$
  select s.log, lower(s.range), upper(s.range)
  from (
    select p.log, unnest(range_agg(int8range(least(p.first, p.last), greatest(p.first, p.last), '[]'))) as range
    from (
      select a.numbers[n] as log, a.numbers[n + 1] as first, a.numbers[n + 2] as last
      from (select string_to_array(p_pieces, ',')::int4[] as numbers offset 0) a, generate_series(1, cardinality(a.numbers), 3) n
    ) p
    group by p.log
  ) s
$$;

-- One checkpoint as JSON in the first row, which has no log, and the elements of its pieces in the others. In plpgsql, which plans
-- once for each connection; everything is read in the snapshot of the calling statement.
create function wflo.get_checkpoint(p_tenant text, p_thread text, p_namespace text, p_id text, p_name text)
returns table (log int4, "position" int4, codec int2, "text" text) language plpgsql stable as $$
#variable_conflict use_column
declare
  v_thread wflo.thread;
  v_found wflo.checkpoint;
begin
  select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread;
  select * into v_found from wflo.checkpoint c
  where c.thread_key = v_thread.key and c.namespace = p_namespace
    and c.id = wflo.checkpoint_at(v_thread.key, p_namespace, p_id, p_name);
  if not found then
    return;
  end if;
  return query select null::int4, null::int4, null::int2, json_build_object(
    'id', v_found.id, 'parentId', v_found.parent_id, 'kind', v_found.kind, 'name', v_found.name, 'step', v_found.step,
    'manifest', v_found.manifest, 'pieces', v_found.pieces, 'metadata', v_found.metadata,
    'savedAt', floor(extract(epoch from v_found.saved_at) * 1000)::int8,
    'thread', json_build_object('epoch', v_thread.epoch, 'nextLog', v_thread.next_log))::text;
  -- For the OFFSET see wflo.collides.
  return query select e.log, e.position, e.codec, e.text
  from wflo.stretches(v_found.pieces) s
  cross join lateral (
    select x.log, x.position, x.codec, x.text from wflo.element x
    where x.thread_key = v_found.thread_key and x.log = s.log and x.position >= s.first and x.position < s.behind
    offset 0
  ) e;
end
$$;

-- The ids from a place up to the first ancestor that is still there. The depth ends what runs in a circle.
create function wflo.lineage(p_tenant text, p_thread text, p_namespace text, p_id text, p_name text, p_limit int8)
returns table (thread_key uuid, id text, depth int8) language sql stable as $$
  with recursive up as (
    select c.thread_key, c.id, c.parent_id, 1::int8 as depth
    from wflo.thread t
    join wflo.checkpoint c on c.thread_key = t.key and c.namespace = p_namespace
      and c.id = wflo.checkpoint_at(t.key, p_namespace, p_id, p_name)
    where t.tenant = p_tenant and t.thread = p_thread and p_limit > 0
    union all
    select c.thread_key, c.id, c.parent_id, u.depth + 1
    from up u
    join wflo.checkpoint c on c.thread_key = u.thread_key and c.namespace = p_namespace and c.id = u.parent_id
    where u.depth < p_limit
  )
  select u.thread_key, u.id, min(u.depth) from up u group by u.thread_key, u.id
$$;

-- Deletes every line of a thread. Its row stays, with a new epoch. False when there was nothing.
create function wflo.delete_thread(p_tenant text, p_thread text) returns jsonb language plpgsql as $$
declare
  v_key uuid;
begin
  select t.key into v_key from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for no key update;
  delete from wflo.checkpoint c where c.thread_key = v_key;
  if not found then
    return to_jsonb(false);
  end if;
  delete from wflo.element e where e.thread_key = v_key;
  update wflo.thread t set epoch = t.epoch + 1 where t.tenant = p_tenant and t.thread = p_thread;
  return to_jsonb(true);
end
$$;
