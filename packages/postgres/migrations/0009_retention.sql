-- What becomes of threads over time. See core's ports/thread-retention.ts.

-- ttl_ms: null when nobody said how long, 0 for ever. ttl_is_own: a default does not change it. expires_at is null while nothing expires.
alter table wflo.thread add column ttl_ms int8;
alter table wflo.thread add column ttl_is_own boolean not null default false;
alter table wflo.thread add column expires_at timestamptz;

create index thread_expiry on wflo.thread (tenant, expires_at) where expires_at is not null;

-- The one cost of a put to a thread without a time to live is to look at its condition.
create function wflo.renew_thread() returns trigger language plpgsql as $$
begin
  new.expires_at := wflo.now() + new.ttl_ms * interval '1 millisecond';
  return new;
end
$$;

create trigger thread_renewal before update of seq on wflo.thread for each row
when (new.ttl_ms > 0 and new.seq <> old.seq) execute function wflo.renew_thread();

-- Stable, though the clock is not, so that a query that it is the filter of asks once.
create function wflo.is_expired(p_tenant text, p_thread text) returns boolean language sql stable as $$
  select exists (
    select from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread and t.expires_at <= wflo.now())
$$;

-- Deletes a thread if it has expired. False when it has not, or when there was nothing.
create function wflo.expire_thread(p_tenant text, p_thread text) returns boolean language plpgsql as $$
begin
  perform 1 from wflo.thread t
  where t.tenant = p_tenant and t.thread = p_thread and t.expires_at <= wflo.now() for update;
  if not found then
    return false;
  end if;
  update wflo.thread t set expires_at = null where t.tenant = p_tenant and t.thread = p_thread;
  return wflo.delete_thread(p_tenant, p_thread) = to_jsonb(true);
end
$$;

-- Deletes threads that have expired. What somebody else has locked is left for the next time: nobody waits, so that nothing is locked in turn.
create function wflo.delete_expired(p_tenant text, p_thread text, p_limit int8) returns jsonb language plpgsql as $$
declare
  v_thread text;
  v_count int8 := 0;
begin
  if p_thread is not null then
    return to_jsonb(wflo.expire_thread(p_tenant, p_thread)::int4);
  end if;
  for v_thread in
    select t.thread from wflo.thread t where t.tenant = p_tenant and t.expires_at <= wflo.now()
    order by t.expires_at limit p_limit for update skip locked
  loop
    v_count := v_count + wflo.expire_thread(p_tenant, v_thread)::int4;
  end loop;
  return to_jsonb(v_count);
end
$$;

-- p_ttl_ms: 0 for ever. A default begins now, as it is set when a checkpoint is about to be saved.
create function wflo.set_ttl(p_tenant text, p_thread text, p_ttl_ms int8, p_is_default boolean) returns jsonb language plpgsql as $$
declare
  v_thread wflo.thread;
begin
  perform wflo.expire_thread(p_tenant, p_thread);
  insert into wflo.thread (tenant, thread, key) values (p_tenant, p_thread, wflo.uuid7()) on conflict do nothing;
  select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for update;
  if p_is_default and (v_thread.ttl_is_own or v_thread.ttl_ms = p_ttl_ms) then
    return to_jsonb(false);
  end if;
  update wflo.thread t
  set ttl_ms = p_ttl_ms, ttl_is_own = not p_is_default, expires_at = case when p_ttl_ms > 0 then (
    select case when p_is_default and count(*) > 0 then wflo.now() else max(c.saved_at) end
    from wflo.checkpoint c where c.thread_key = v_thread.key) + p_ttl_ms * interval '1 millisecond' end
  where t.tenant = p_tenant and t.thread = p_thread;
  return to_jsonb(true);
end
$$;

-- A page of threads; count, oldest and newest are null where a thread was looked at and is none of those sought. Milliseconds.
create function wflo.list_threads(p_tenant text, p_prefix text, p_after text, p_contains text[], p_limit int8)
returns table (thread text, checkpoints int8, oldest int8, newest int8) language sql stable as $$
  select t.thread, c.checkpoints, floor(extract(epoch from c.oldest) * 1000)::int8, floor(extract(epoch from c.newest) * 1000)::int8
  from (
    select t.* from wflo.thread t
    where t.tenant = p_tenant and t.thread >= p_prefix and (p_after is null or t.thread > p_after)
      and (p_prefix = '' or t.thread < left(p_prefix, -1) || chr(ascii(right(p_prefix, 1)) + 1))
    order by t.thread
    limit p_limit
  ) t
  left join lateral (
    select count(*) as checkpoints, min(c.saved_at) as oldest, max(c.saved_at) as newest
    from wflo.checkpoint c
    where c.thread_key = t.key
    having count(*) > 0 and (p_contains is null or bool_or(wflo.json_of(c.metadata) @> any (p_contains::jsonb[])))
  ) c on t.expires_at is null or t.expires_at > wflo.now()
  order by t.thread
$$;

-- A thread without its contents: JSON of the thread first, then of each checkpoint (kind `c`), then of each task's writes (`w`).
create function wflo.outline_thread(p_tenant text, p_thread text)
returns table (kind text, body text) language plpgsql stable as $$
declare
  v_thread wflo.thread;
begin
  select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread;
  if not found or v_thread.expires_at <= wflo.now() then
    return;
  end if;
  return query select 't', json_build_object('epoch', v_thread.epoch, 'nextLog', v_thread.next_log, 'sequence', v_thread.seq)::text;
  return query select 'c', json_build_object(
    'namespace', c.namespace, 'id', c.id, 'parentId', c.parent_id, 'kind', c.kind, 'name', c.name, 'step', c.step,
    'metadata', c.metadata, 'savedAt', floor(extract(epoch from c.saved_at) * 1000)::int8)::text
  from wflo.checkpoint c where c.thread_key = v_thread.key;
  return query select 'w', json_build_object('namespace', w.namespace, 'checkpointId', w.checkpoint_id, 'channels', w.channels)::text
  from wflo.pending_write w where w.thread_key = v_thread.key;
end
$$;

-- Deletes checkpoints (parallel arrays) that were chosen when the thread had this epoch, this many checkpoints up to this seq, and the
-- checkpoints so many writes. What came since must not rest on them.
create function wflo.delete_checkpoints(
  p_tenant text, p_thread text, p_epoch int8, p_seq int8, p_checkpoints int8, p_namespaces text[], p_ids text[], p_writes int8
) returns jsonb language plpgsql as $$
declare
  v_thread wflo.thread;
  v_checkpoints int8;
  v_elements int8;
begin
  select * into v_thread from wflo.thread t where t.tenant = p_tenant and t.thread = p_thread for update;
  if not found or v_thread.epoch <> p_epoch
    -- One that was replaced has a new seq.
    or p_checkpoints <> (select count(*) from wflo.checkpoint c where c.thread_key = v_thread.key and c.seq <= p_seq)
    or exists (
      select from wflo.checkpoint c
      join unnest(p_namespaces, p_ids) u (namespace, id) on u.namespace = c.namespace and u.id in (c.id, c.parent_id)
      where c.thread_key = v_thread.key and c.seq > p_seq)
    or p_writes <> (
      select coalesce(sum(cardinality(w.indexes)), 0) from unnest(p_namespaces, p_ids) u (namespace, id)
      join wflo.pending_write w on w.thread_key = v_thread.key and w.namespace = u.namespace and w.checkpoint_id = u.id)
  then
    return jsonb_build_object('code', 'moved');
  end if;
  delete from wflo.pending_write w using unnest(p_namespaces, p_ids) u (namespace, id)
  where w.thread_key = v_thread.key and w.namespace = u.namespace and w.checkpoint_id = u.id;
  delete from wflo.checkpoint c using unnest(p_namespaces, p_ids) u (namespace, id)
  where c.thread_key = v_thread.key and c.namespace = u.namespace and c.id = u.id;
  get diagnostics v_checkpoints = row_count;
  with named as materialized (
    select s.log, range_agg(int8range(s.first, s.behind)) as places
    from wflo.stretches((
      select string_agg(nullif(c.pieces, ''), ',') from wflo.checkpoint c where c.thread_key = v_thread.key)) s
    group by s.log
  )
  delete from wflo.element e
  where e.thread_key = v_thread.key
    and not exists (select from named n where n.log = e.log and n.places @> e.position::int8);
  get diagnostics v_elements = row_count;
  update wflo.thread t set epoch = t.epoch + 1 where t.tenant = p_tenant and t.thread = p_thread;
  return jsonb_build_object('code', 'deleted', 'checkpoints', v_checkpoints, 'writes', p_writes, 'elements', v_elements);
end
$$;

-- Copies every line of a thread. Rows are taken as they are but for their key, whatever columns they have.
create function wflo.copy_thread(p_tenant text, p_from text, p_to text, p_replaces boolean) returns jsonb language plpgsql as $$
declare
  v_from wflo.thread;
  v_to wflo.thread;
  v_patch jsonb;
  v_checkpoints int8;
begin
  insert into wflo.thread (tenant, thread, key)
  select p_tenant, p_to, wflo.uuid7() from wflo.thread t where t.tenant = p_tenant and t.thread = p_from
  on conflict do nothing;
  -- One order for all who lock threads.
  perform 1 from wflo.thread t where t.tenant = p_tenant and t.thread in (p_from, p_to) order by t.thread for update;
  perform wflo.expire_thread(p_tenant, t.thread) from wflo.thread t where t.tenant = p_tenant and t.thread in (p_from, p_to);
  select * into v_from from wflo.thread t where t.tenant = p_tenant and t.thread = p_from;
  select * into v_to from wflo.thread t where t.tenant = p_tenant and t.thread = p_to;
  if not exists (select from wflo.checkpoint c where c.thread_key = v_from.key) then
    return jsonb_build_object('code', 'missing');
  elsif not p_replaces and exists (select from wflo.checkpoint c where c.thread_key = v_to.key) then
    return jsonb_build_object('code', 'taken');
  end if;
  perform wflo.delete_thread(p_tenant, p_to);
  v_patch := jsonb_build_object('thread_key', v_to.key);
  insert into wflo.checkpoint
  select r.* from wflo.checkpoint c cross join lateral jsonb_populate_record(c, v_patch) r where c.thread_key = v_from.key;
  get diagnostics v_checkpoints = row_count;
  insert into wflo.pending_write
  select r.* from wflo.pending_write w cross join lateral jsonb_populate_record(w, v_patch) r where w.thread_key = v_from.key;
  insert into wflo.element
  select r.* from wflo.element e cross join lateral jsonb_populate_record(e, v_patch) r where e.thread_key = v_from.key;
  update wflo.thread t
  set epoch = t.epoch + 1, seq = greatest(t.seq, v_from.seq), next_log = greatest(t.next_log, v_from.next_log),
    ttl_ms = coalesce(t.ttl_ms, v_from.ttl_ms), ttl_is_own = case when t.ttl_ms is null then v_from.ttl_is_own else t.ttl_is_own end,
    expires_at = case when coalesce(t.ttl_ms, v_from.ttl_ms) > 0
      then wflo.now() + coalesce(t.ttl_ms, v_from.ttl_ms) * interval '1 millisecond' end
  where t.tenant = p_tenant and t.thread = p_to;
  return jsonb_build_object('code', 'copied', 'checkpoints', v_checkpoints);
end
$$;
