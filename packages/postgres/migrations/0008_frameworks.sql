-- What frameworks need of checkpoints beside those of runs: writes of tasks, ids that are put twice, whole pages, walks through
-- ancestors. See core's ports/checkpoint-store.ts.

-- One row for each task, whose writes are parallel arrays: most tasks write once, and the keys take more than many a write. An array that
-- would have nothing but null is null.
create table wflo.pending_write (
  thread_key uuid not null,
  namespace text collate "C" not null,
  checkpoint_id text collate "C" not null,
  task_id text collate "C" not null,
  task_path text collate "C" not null,
  indexes int4[] not null,
  codecs int2[] not null,
  channels text[] not null,
  texts text[],
  packed bytea[],
  primary key (thread_key, namespace, checkpoint_id, task_id)
);

-- Writes of a task (parallel arrays, no index twice). The lock keeps a delete from passing between the look at the thread and the writes,
-- and is the weakest that does: puts and other writes pass. So whatever deletes of a thread must lock its row FOR UPDATE.
create function wflo.put_writes(
  p_tenant text, p_thread text, p_namespace text, p_checkpoint text, p_task_id text, p_task_path text, p_indexes int4[],
  p_codecs int2[], p_channels text[], p_texts text[], p_packed text[], p_replaces boolean
) returns text language plpgsql as $$
declare
  v_thread wflo.thread;
  v_packed bytea[];
begin
  select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for key share;
  if not found then
    insert into wflo.thread (tenant, thread, key) values (p_tenant, p_thread, wflo.uuid7()) on conflict do nothing;
    select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for key share;
  end if;
  if v_thread.deleted_to is not null and wflo.revives(v_thread, p_namespace, p_checkpoint) then
    return '"deleted"';
  end if;
  if p_packed is not null then
    v_packed := array(select decode(p, 'base64') from unnest(p_packed) with ordinality u (p, place) order by u.place);
  end if;
  insert into wflo.pending_write as w (
    thread_key, namespace, checkpoint_id, task_id, task_path, indexes, codecs, channels, texts, packed)
  values (
    v_thread.key, p_namespace, p_checkpoint, p_task_id, p_task_path, p_indexes, p_codecs, p_channels, p_texts, v_packed)
  on conflict do nothing;
  if found then
    return '"saved"';
  end if;
  update wflo.pending_write w
  set (indexes, codecs, channels, texts, packed) = (
    select array_agg(m.index), array_agg(m.codec), array_agg(m.channel), array_agg(m.text), array_agg(m.packed)
    from (
      select distinct on (u.index) u.* from (
        select o.*, false as is_new
        from unnest(w.indexes, w.codecs, w.channels, w.texts, w.packed) o (index, codec, channel, text, packed)
        union all
        select n.*, true from unnest(p_indexes, p_codecs, p_channels, p_texts, v_packed) n (index, codec, channel, text, packed)
      ) u
      order by u.index, u.is_new = p_replaces desc
    ) m
  )
  where w.thread_key = v_thread.key and w.namespace = p_namespace and w.checkpoint_id = p_checkpoint and w.task_id = p_task_id;
  return '"saved"';
end
$$;

-- A checkpoint without its elements, for the functions below.
create function wflo.checkpoint_json(p_thread wflo.thread, p_found wflo.checkpoint) returns text language sql immutable as $$
  select json_build_object(
    'owner', p_thread.thread, 'namespace', p_found.namespace, 'id', p_found.id, 'parentId', p_found.parent_id, 'kind', p_found.kind,
    'name', p_found.name, 'step', p_found.step, 'manifest', p_found.manifest, 'pieces', p_found.pieces, 'metadata', p_found.metadata,
    'savedAt', floor(extract(epoch from p_found.saved_at) * 1000)::int8,
    'thread', json_build_object('epoch', p_thread.epoch, 'nextLog', p_thread.next_log))::text
$$;

drop function wflo.get_checkpoint(text, text, text, text, text);

-- What the functions below answer with, a kind of row after the other. `c`, a checkpoint: its number `of` among those of the answer,
-- JSON. `e`, an element of the checkpoints of a thread, whose first has the number `of`; `label` tells when its text is packed, and then
-- it is base64. `w`, a pending write of the checkpoint `of`: its index as `position`, JSON of task, path, channel and whether the text is
-- packed as `label`.
create type wflo.content as (kind text, "of" int4, log int4, "position" int4, codec int2, "text" text, label text);

-- In plpgsql, which plans once for each connection; everything is read in the snapshot of the calling statement. One plan for all places, by
-- keys alone: else the first five calls of each connection are planned anew, which takes longer than they do.
create function wflo.get_checkpoint(p_tenant text, p_thread text, p_namespace text, p_id text, p_name text)
returns setof wflo.content language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
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
  return query select 'c', 0, null::int4, null::int4, null::int2, wflo.checkpoint_json(v_thread, v_found), null::text;
  -- For the OFFSET see wflo.collides.
  return query select 'e', 0, e.log, e.position, e.codec, coalesce(e.text, encode(e.packed, 'base64')),
    case when e.text is null then 'packed' end
  from wflo.stretches(v_found.pieces) s
  cross join lateral (
    select x.log, x.position, x.codec, x.text, x.packed from wflo.element x
    where x.thread_key = v_found.thread_key and x.log = s.log and x.position >= s.first and x.position < s.behind
    offset 0
  ) e;
  return query select 'w', 0, null::int4, u.index, u.codec, coalesce(u.text, encode(u.packed, 'base64')),
    json_build_array(w.task_id, w.task_path, u.channel, u.text is null)::text
  from wflo.pending_write w, unnest(w.indexes, w.codecs, w.channels, w.texts, w.packed) u (index, codec, channel, text, packed)
  where w.thread_key = v_found.thread_key and w.namespace = p_namespace and w.checkpoint_id = v_found.id
  order by w.task_path, w.task_id, u.index;
end
$$;

-- A text as JSON; null when it is none.
create function wflo.json_of(p_text text) returns jsonb language plpgsql immutable as $$
begin
  return p_text::jsonb;
exception when data_exception then
  return null;
end
$$;

-- p_text stands in all metadata that contains p_contains and has no escapes: to read each row's JSON takes a hundred times as long.
create function wflo.list_stored(
  p_tenant text, p_thread text, p_namespace text, p_name text, p_id text, p_before text, p_from text, p_contains jsonb,
  p_text text, p_skip int8, p_limit int8
) returns setof wflo.content language plpgsql stable as $$
declare
  v_page wflo.checkpoint[];
begin
  -- Put together, so that each combination is planned for what it has.
  execute 'select array_agg(c) from (select c from wflo.checkpoint c where '
    || case when p_thread is null then 'c.tenant = $1 and not exists (
        select from wflo.thread t where t.tenant = $1 and t.key = c.thread_key and t.expires_at <= wflo.now())'
      else 'c.thread_key = (select t.key from wflo.thread t where t.tenant = $1 and t.thread = $2)' end
    || case when p_namespace is null then '' else ' and c.namespace = $3' end
    || case when p_name is null then '' else ' and c.name = $4' end
    || case when p_id is null then '' else ' and c.id = $5' end
    || case when p_before is null then '' else ' and c.id < $6' end
    || case when p_from is null then '' else ' and c.id >= $7' end
    || case when p_contains is null then '' else ' and wflo.json_of(c.metadata) @> $8' end
    || case when p_text is null then '' else ' and (strpos(c.metadata, $9) > 0 or strpos(c.metadata, chr(92) || ''u'') > 0)' end
    || ' order by c.id desc offset $10 limit $11) p'
  into v_page
  using p_tenant, p_thread, p_namespace, p_name, p_id, p_before, p_from, p_contains, p_text, p_skip, p_limit;
  return query select 'c', p.of::int4, null::int4, null::int4, null::int2,
    wflo.checkpoint_json(t, row(p.saved_at, p.seq, p.thread_key, p.tenant, p.namespace, p.id, p.parent_id, p.kind, p.name, p.step,
      p.manifest, p.pieces, p.metadata)::wflo.checkpoint), null::text
  from unnest(v_page) with ordinality p (saved_at, seq, thread_key, tenant, namespace, id, parent_id, kind, name, step, manifest,
    pieces, metadata, of)
  join wflo.thread t on t.key = p.thread_key
  order by p.of;
  return query select 'e', a.of, e.log, e.position, e.codec, coalesce(e.text, encode(e.packed, 'base64')),
    case when e.text is null then 'packed' end
  from (
    select p.thread_key, min(p.of)::int4 as of, string_agg(nullif(p.pieces, ''), ',') as pieces
    from unnest(v_page) with ordinality p (saved_at, seq, thread_key, tenant, namespace, id, parent_id, kind, name, step, manifest,
      pieces, metadata, of)
    group by p.thread_key
  ) a
  cross join lateral wflo.stretches(a.pieces) s
  cross join lateral (
    select x.log, x.position, x.codec, x.text, x.packed from wflo.element x
    where x.thread_key = a.thread_key and x.log = s.log and x.position >= s.first and x.position < s.behind
    offset 0
  ) e;
  return query select 'w', p.of::int4, null::int4, u.index, u.codec, coalesce(u.text, encode(u.packed, 'base64')),
    json_build_array(w.task_id, w.task_path, u.channel, u.text is null)::text
  from unnest(v_page) with ordinality p (saved_at, seq, thread_key, tenant, namespace, id, parent_id, kind, name, step, manifest,
    pieces, metadata, of)
  join wflo.pending_write w on w.thread_key = p.thread_key and w.namespace = p.namespace and w.checkpoint_id = p.id
  cross join lateral unnest(w.indexes, w.codecs, w.channels, w.texts, w.packed) u (index, codec, channel, text, packed)
  order by p.of, w.task_path, w.task_id, u.index;
end
$$;

-- The writes to some channels at the ancestors of a place, and the checkpoints where the walks end: `label` of those is JSON of the
-- channels, `of` counts the steps up. What runs in a circle ends where it comes back to the place, or to the last mark: marks are set at
-- steps that are powers of two. What it came past twice counts once.
create function wflo.walk_writes(
  p_tenant text, p_thread text, p_namespace text, p_id text, p_name text, p_channels text[], p_end_key text
) returns setof wflo.content language sql stable as $$
  with recursive up as (
    select p.thread_key, p.id, p.parent_id, 1 as depth, '{}'::text[] as ended, e.channels as ends, c.id as place, p.id as mark
    from wflo.thread t
    join wflo.checkpoint c on c.thread_key = t.key and c.namespace = p_namespace
      and c.id = wflo.checkpoint_at(t.key, p_namespace, p_id, p_name)
    join wflo.checkpoint p on p.thread_key = t.key and p.namespace = p_namespace and p.id = c.parent_id and p.id <> c.id
    cross join lateral (
      select array(select k from unnest(p_channels) k where wflo.json_of(p.metadata) -> p_end_key ? k) as channels
    ) e
    where t.tenant = p_tenant and t.thread = p_thread
    union all
    select p.thread_key, p.id, p.parent_id, u.depth + 1, u.ended || u.ends, e.channels, u.place,
      case when u.depth & (u.depth + 1) = 0 then p.id else u.mark end
    from up u
    join wflo.checkpoint p on p.thread_key = u.thread_key and p.namespace = p_namespace and p.id = u.parent_id
      and p.id <> u.place and p.id <> u.mark
    cross join lateral (
      select array(
        select k from unnest(p_channels) k
        where k <> all (u.ended || u.ends) and wflo.json_of(p.metadata) -> p_end_key ? k
      ) as channels
    ) e
    where not p_channels <@ (u.ended || u.ends) and u.depth < 1000000
  ), line as materialized (
    select distinct on (u.id) u.* from up u order by u.id, u.depth
  ), ends as materialized (
    select c as found, u.depth, u.ends from line u
    join wflo.checkpoint c on c.thread_key = u.thread_key and c.namespace = p_namespace and c.id = u.id
    where cardinality(u.ends) > 0
  )
  select c.* from (
    select 'c', e.depth, null::int4, null::int4, null::int2, wflo.checkpoint_json(t, e.found), to_json(e.ends)::text
    from ends e
    join wflo.thread t on t.key = (e.found).thread_key
    order by e.depth
  ) c
  union all
  select 'e', e.depth, x.log, x.position, x.codec, coalesce(x.text, encode(x.packed, 'base64')),
    case when x.text is null then 'packed' end
  from ends e
  cross join lateral wflo.stretches((e.found).pieces) s
  cross join lateral (
    select x.log, x.position, x.codec, x.text, x.packed from wflo.element x
    where x.thread_key = (e.found).thread_key and x.log = s.log and x.position >= s.first and x.position < s.behind
    offset 0
  ) x
  union all
  select w.* from (
    select 'w', u.depth, null::int4, x.index, x.codec, coalesce(x.text, encode(x.packed, 'base64')),
    json_build_array(w.task_id, w.task_path, x.channel, x.text is null)::text
    from line u
    join wflo.pending_write w on w.thread_key = u.thread_key and w.namespace = p_namespace and w.checkpoint_id = u.id
    cross join lateral unnest(w.indexes, w.codecs, w.channels, w.texts, w.packed) x (index, codec, channel, text, packed)
    where x.channel = any (p_channels) and x.channel <> all (u.ended)
    order by u.depth desc, w.task_path, w.task_id, x.index
  ) w
$$;

-- Deletes every line of a thread with its writes. Its row stays, with a new epoch. False when there was nothing.
create or replace function wflo.delete_thread(p_tenant text, p_thread text) returns jsonb language plpgsql as $$
declare
  v_key uuid;
  v_greatest text;
  v_greatest_written text;
begin
  select t.key into v_key from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for update;
  with gone as (delete from wflo.checkpoint c where c.thread_key = v_key returning c.id)
  select max(g.id) into v_greatest from gone g;
  with gone as (delete from wflo.pending_write w where w.thread_key = v_key returning w.checkpoint_id)
  select max(g.checkpoint_id) into v_greatest_written from gone g;
  if v_greatest is null and v_greatest_written is null then
    return to_jsonb(false);
  end if;
  delete from wflo.element e where e.thread_key = v_key;
  update wflo.thread t
  set epoch = t.epoch + 1, deleted_to = greatest(t.deleted_to, v_greatest, v_greatest_written)
  where t.tenant = p_tenant and t.thread = p_thread;
  return to_jsonb(true);
end
$$;
