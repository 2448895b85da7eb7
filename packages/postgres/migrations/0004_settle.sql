-- Settle, correct, expire. First every lock of the batch (holds, closing entries, windows, each sorted), then the work in the order
-- given, then one delta for each window. What a batch writes without regard to its windows is written before they are locked, since all wait
-- for those. A hold is deleted only when its windows are locked: see reserve.

create function wflo.is_closing(p_kind text) returns boolean language sql immutable as $$
  select p_kind not in ('late', 'correction')
$$;

-- Locks the windows these calls were held in, sorted.
create function wflo.lock_windows(p_tenant text, p_calls uuid[]) returns void language plpgsql as $$
begin
  perform 1
  from (
    select u.id, u.kind, u.start
    from wflo.hold h, unnest(h.window_budget_ids, h.window_kinds, h.window_starts) u (id, kind, start)
    where h.tenant = p_tenant and h.call_id = any (p_calls)
    union
    select u.id, u.kind, u.start
    from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
    where e.tenant = p_tenant and e.call_id = any (p_calls)
  ) k
  join wflo.budget_window w on w.tenant = p_tenant and w.id = k.id and w.kind = k.kind and w.start = k.start
  order by w.tenant, w.id, w.kind, w.start
  for update of w;
end
$$;

-- Locks the holds and the closing entries of a batch and returns the calls it found. The closing entry of a call stands for the call once
-- its hold is gone. A call that appears between these statements is not found: it must not be looked at again, unlocked.
create function wflo.lock_rows(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
declare
  v_held uuid[];
  v_closed uuid[];
begin
  select array_agg(x.call_id) into v_held from (
    select h.call_id from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls)
    order by h.call_id for update
  ) x;
  select array_agg(x.call_id) into v_closed from (
    select e.call_id from wflo.entry e
    where e.tenant = p_tenant and e.call_id = any (p_calls) and wflo.is_closing(e.kind)
    order by e.call_id, e.id for update
  ) x;
  return coalesce(v_held, '{}') || coalesce(v_closed, '{}');
end
$$;

-- The same, and the windows they are in.
create function wflo.lock_calls(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
declare
  v_known uuid[] := wflo.lock_rows(p_tenant, p_calls);
begin
  if cardinality(v_known) > 0 then
    perform wflo.lock_windows(p_tenant, v_known);
  end if;
  return v_known;
end
$$;

-- A count in a receipt, where anything may be written: what is no whole number that a client can hold counts nothing. One expression, so
-- that it is put into the statements that use it.
create function wflo.count_in(p_value jsonb) returns int8 language sql immutable as $$
  select case when jsonb_typeof(p_value) = 'number' then case
    when p_value::numeric between 0 and 9007199254740991 and p_value::numeric % 1 = 0 then p_value::numeric::int8 else 0
  end else 0 end
$$;

-- Writes an entry and returns its id: its own, or a new one if another entry has that.
create function wflo.write_entry(p_entry wflo.entry) returns uuid language plpgsql as $$
begin
  p_entry.input_tokens := wflo.count_in(p_entry.receipt -> 'usage' -> 'inputTokens');
  p_entry.output_tokens := wflo.count_in(p_entry.receipt -> 'usage' -> 'outputTokens');
  p_entry.latency_ms := wflo.count_in(p_entry.receipt -> 'latencyMs');
  p_entry.failed := p_entry.receipt ->> 'reason' is not null;
  loop
    insert into wflo.entry select p_entry.* on conflict do nothing;
    exit when found;
    p_entry.id := wflo.uuid7();
  end loop;
  return p_entry.id;
end
$$;

-- Writes the entry that closes a hold and returns its id.
create function wflo.close_hold(p_hold wflo.hold, p_id uuid, p_kind text, p_charged int8, p_receipt jsonb)
returns uuid language plpgsql as $$
declare
  v_entry wflo.entry;
begin
  v_entry.tenant := p_hold.tenant;
  v_entry.id := p_id;
  v_entry.call_id := p_hold.call_id;
  v_entry.kind := p_kind;
  v_entry.budget_ids := p_hold.budget_ids;
  v_entry.window_budget_ids := p_hold.window_budget_ids;
  v_entry.window_kinds := p_hold.window_kinds;
  v_entry.window_starts := p_hold.window_starts;
  v_entry.held := p_hold.amount;
  v_entry.charged := p_charged;
  v_entry.overrun := greatest(p_charged - p_hold.amount, 0);
  v_entry.total := p_charged;
  v_entry.at := wflo.now();
  v_entry.run_id := p_hold.run_id;
  v_entry.step := p_hold.step;
  v_entry.agent := p_hold.agent;
  v_entry.checkpoint_id := p_hold.checkpoint_id;
  v_entry.thread := p_hold.thread;
  v_entry.provider := p_hold.provider;
  v_entry.model := p_hold.model;
  v_entry.receipt := p_receipt;
  return wflo.write_entry(v_entry);
end
$$;

-- Writes an entry that brings a closed call to a new total and returns its id.
create function wflo.amend(p_closing wflo.entry, p_id uuid, p_kind text, p_total int8, p_receipt jsonb)
returns uuid language plpgsql as $$
declare
  v_entry wflo.entry := p_closing;
  v_charged int8;
  v_overrun int8;
begin
  select sum(e.charged), sum(e.overrun) into v_charged, v_overrun
  from wflo.entry e where e.tenant = p_closing.tenant and e.call_id = p_closing.call_id;
  v_entry.id := p_id;
  v_entry.kind := p_kind;
  v_entry.charged := p_total - v_charged;
  v_entry.overrun := greatest(p_total - p_closing.held, 0) - v_overrun;
  v_entry.total := p_total;
  v_entry.at := wflo.now();
  v_entry.receipt := p_receipt;
  return wflo.write_entry(v_entry);
end
$$;

-- What is to be added to a window, or taken from what is held in it.
create type wflo.window_delta as (id text, kind text, start timestamptz, charged numeric, held numeric, overrun numeric);

-- What entries change in each of their windows.
create function wflo.deltas_of(p_tenant text, p_entries uuid[]) returns wflo.window_delta[] language plpgsql as $$
begin
  return array(
    select row(u.id, u.kind, u.start, sum(e.charged), sum(case when wflo.is_closing(e.kind) then e.held else 0 end), sum(e.overrun))::wflo.window_delta
    from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
    where e.tenant = p_tenant and e.id = any (p_entries)
    group by u.id, u.kind, u.start
  );
end
$$;

-- A sum stays within what is kept: at zero, and at the largest amount of int8.
create function wflo.kept(p_sum numeric) returns int8 language sql immutable as $$
  select greatest(least(p_sum, 9223372036854775807), 0)::int8
$$;

-- Books deltas on their windows, which are locked: one update for each window.
create function wflo.book(p_tenant text, p_deltas wflo.window_delta[]) returns void language plpgsql as $$
begin
  update wflo.budget_window w
  set spent = wflo.kept(w.spent + d.charged), reserved = wflo.kept(w.reserved - d.held), overrun = wflo.kept(w.overrun + d.overrun)
  from (
    select d.id, d.kind, d.start, sum(d.charged) as charged, sum(d.held) as held, sum(d.overrun) as overrun
    from unnest(p_deltas) d group by d.id, d.kind, d.start
  ) d
  where w.tenant = p_tenant and w.id = d.id and w.kind = d.kind and w.start = d.start;
end
$$;

-- What all entries of a call add up to, as a verdict of the port; money as text.
create function wflo.settle_verdict(p_tenant text, p_call uuid, p_code text) returns jsonb language sql volatile as $$
  select jsonb_build_object('callId', p_call, 'code', p_code,
    'charged', coalesce(sum(e.charged), 0)::text, 'overrun', coalesce(sum(e.overrun), 0)::text)
  from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call
$$;

-- Closes one call under the locks of lock_calls. entry_id is null when nothing was written.
create function wflo.settle_one(
  p_tenant text, p_call uuid, p_id uuid, p_kind text, p_cost int8, p_receipt jsonb, out verdict jsonb, out entry_id uuid
) language plpgsql as $$
declare
  v_hold wflo.hold;
  v_closing wflo.entry;
  v_cost int8;
begin
  delete from wflo.hold h where h.tenant = p_tenant and h.call_id = p_call returning h.* into v_hold;
  if found then
    v_cost := coalesce(p_cost, v_hold.amount);
    entry_id := wflo.close_hold(v_hold, p_id, p_kind, v_cost, p_receipt);
    verdict := jsonb_build_object('callId', p_call, 'code', 'settled', 'charged', v_cost::text,
      'overrun', greatest(v_cost - v_hold.amount, 0)::text);
    return;
  end if;
  select * into v_closing from wflo.entry e
  where e.tenant = p_tenant and e.call_id = p_call and wflo.is_closing(e.kind);
  if p_cost is null or exists (
    select from wflo.entry e where e.tenant = p_tenant and e.id = p_id and e.call_id = p_call) then
    verdict := wflo.settle_verdict(p_tenant, p_call, 'replay');
  elsif v_closing.kind in ('doubt', 'expire') and not exists (
    select from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call and e.kind = 'late') then
    entry_id := wflo.amend(v_closing, p_id, 'late', p_cost, p_receipt);
    verdict := wflo.settle_verdict(p_tenant, p_call, 'late');
  else
    select sum(e.charged) into v_cost from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call;
    verdict := wflo.settle_verdict(p_tenant, p_call, case when v_cost = p_cost then 'replay' else 'conflict' end);
  end if;
end
$$;

-- The first half of a settlement of a batch, [{ callId, settlementId, kind, cost (text or null), receipt }]: locks its calls and writes the entries
-- of those that have an open hold and stand in the batch once, which are nearly all. known are the calls that it found, closed those whose hold is
-- to be deleted, deltas what they change, verdicts in the order of the batch and null for the rest. Lists in conditions, and no joins with the
-- tables: a plan that was made when they were small, and is kept, would read them whole.
create function wflo.settle_held(
  p_tenant text, p_settlements jsonb, out known uuid[], out closed uuid[], out deltas wflo.window_delta[], out verdicts jsonb[]
) language plpgsql as $$
#variable_conflict use_column
declare
  v_calls uuid[];
  v_once uuid[];
begin
  select array_agg(x.call_id), array_agg(x.call_id) filter (where x.of_call = 1 and x.of_id = 1) into v_calls, v_once
  from (
    select u.call_id, count(*) over (partition by u.call_id) as of_call, count(*) over (partition by u.id) as of_id
    from (select (s ->> 'callId')::uuid as call_id, (s ->> 'settlementId')::uuid as id from jsonb_array_elements(p_settlements) s) u
  ) x;
  known := wflo.lock_rows(p_tenant, v_calls);
  with held as (
    select h.* from wflo.hold h where h.tenant = p_tenant and h.call_id = any (v_once) and h.call_id = any (known)
  ), asked as (
    select x.n, (x.s ->> 'callId')::uuid as call_id, (x.s ->> 'settlementId')::uuid as id, x.s ->> 'kind' as kind,
      (x.s ->> 'cost')::int8 as cost, x.s -> 'receipt' as receipt
    from jsonb_array_elements(p_settlements) with ordinality x (s, n)
  ), written as (
    insert into wflo.entry (
      tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, run_id, step,
      agent, checkpoint_id, thread, provider, model, receipt, input_tokens, output_tokens, latency_ms, failed
    )
    select h.tenant, a.id, h.call_id, a.kind, h.budget_ids, h.window_budget_ids, h.window_kinds, h.window_starts, h.amount, c.charged,
      greatest(c.charged - h.amount, 0), c.charged, wflo.now(), h.run_id, h.step, h.agent, h.checkpoint_id, h.thread, h.provider, h.model,
      a.receipt, wflo.count_in(a.receipt -> 'usage' -> 'inputTokens'), wflo.count_in(a.receipt -> 'usage' -> 'outputTokens'),
      wflo.count_in(a.receipt -> 'latencyMs'), a.receipt ->> 'reason' is not null
    from held h join asked a on a.call_id = h.call_id cross join lateral (select coalesce(a.cost, h.amount) as charged) c
    on conflict (tenant, id) do nothing
    returning id, call_id, held, charged, overrun, window_budget_ids, window_kinds, window_starts
  )
  select coalesce(array_agg(w.call_id) filter (where w.id is not null), '{}'),
    array_agg(case when w.id is not null then jsonb_build_object(
      'callId', w.call_id, 'code', 'settled', 'charged', w.charged::text, 'overrun', w.overrun::text) end order by a.n),
    array(
      select row(u.id, u.kind, u.start, sum(d.charged), sum(d.held), sum(d.overrun))::wflo.window_delta
      from written d, unnest(d.window_budget_ids, d.window_kinds, d.window_starts) u (id, kind, start)
      group by u.id, u.kind, u.start
    )
  into closed, verdicts, deltas
  from asked a left join written w on w.id = a.id;
end
$$;

-- The second half, under the locks of the windows: deletes the holds that are closed, and settles the rest one by one, in the order given. Adds
-- their deltas and verdicts.
create function wflo.settle_rest(
  p_tenant text, p_settlements jsonb, p_known uuid[], p_closed uuid[], inout deltas wflo.window_delta[], inout verdicts jsonb[]
) language plpgsql as $$
declare
  v_each record;
  v_one record;
  v_entries uuid[] := '{}';
begin
  delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_closed);
  if cardinality(p_closed) = cardinality(verdicts) then
    return;
  end if;
  for v_each in
    select s, n::int from jsonb_array_elements(p_settlements) with ordinality x (s, n) where verdicts[n] is null order by n
  loop
    if (v_each.s ->> 'callId')::uuid <> all (p_known) then
      -- A call that was given up: should its reserve still arrive, it finds the call closed.
      if v_each.s ->> 'kind' = 'void' then
        insert into wflo.entry (
          tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at,
          provider, model, receipt
        )
        select p_tenant, (v_each.s ->> 'settlementId')::uuid, (v_each.s ->> 'callId')::uuid, 'void', '{}', '{}', '{}', '{}',
          0, 0, 0, 0, wflo.now(), '', '', v_each.s -> 'receipt'
        where not exists (
          select from wflo.hold h where h.tenant = p_tenant and h.call_id = (v_each.s ->> 'callId')::uuid)
        on conflict do nothing;
        if found then
          p_known := p_known || (v_each.s ->> 'callId')::uuid;
        end if;
      end if;
      verdicts[v_each.n] := jsonb_build_object('callId', v_each.s ->> 'callId', 'code', 'unknown', 'charged', '0', 'overrun', '0');
      continue;
    end if;
    select * into v_one from wflo.settle_one(
      p_tenant, (v_each.s ->> 'callId')::uuid, (v_each.s ->> 'settlementId')::uuid, v_each.s ->> 'kind',
      (v_each.s ->> 'cost')::int8, v_each.s -> 'receipt');
    verdicts[v_each.n] := v_one.verdict;
    if v_one.entry_id is not null then
      v_entries := v_entries || v_one.entry_id;
    end if;
  end loop;
  deltas := deltas || wflo.deltas_of(p_tenant, v_entries);
end
$$;

-- Settles a batch.
create function wflo.settle_all(p_tenant text, p_settlements jsonb) returns jsonb language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_known uuid[];
  v_closed uuid[];
  v_deltas wflo.window_delta[];
  v_verdicts jsonb[];
begin
  if jsonb_array_length(p_settlements) = 0 then
    return '[]';
  end if;
  select * into v_known, v_closed, v_deltas, v_verdicts from wflo.settle_held(p_tenant, p_settlements);
  if cardinality(v_known) > 0 then
    perform wflo.lock_windows(p_tenant, v_known);
  end if;
  select * into v_deltas, v_verdicts from wflo.settle_rest(p_tenant, p_settlements, v_known, v_closed, v_deltas, v_verdicts);
  if cardinality(v_deltas) > 0 then
    perform wflo.book(p_tenant, v_deltas);
  end if;
  return to_jsonb(v_verdicts);
end
$$;

-- The same, and the commit need not wait for the disk while no bill is above its hold: losing such a settle in a crash of the
-- server leaves the larger hold, which is the safe side.
create function wflo.settle(p_tenant text, p_settlements jsonb) returns jsonb language plpgsql as $$
declare
  v_verdicts jsonb := wflo.settle_all(p_tenant, p_settlements);
begin
  if not exists (
    select from jsonb_array_elements(v_verdicts) v where v ->> 'code' = 'late' or v ->> 'overrun' <> '0') then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  return v_verdicts;
end
$$;

-- Sets the total of a closed call by hand, once per correction id; null when no closed call has this id.
create function wflo.correct(p_tenant text, p_call uuid, p_id uuid, p_cost int8, p_receipt jsonb)
returns jsonb language plpgsql as $$
declare
  v_closing wflo.entry;
  v_taken uuid;
begin
  if p_call <> all (wflo.lock_calls(p_tenant, array[p_call])) then
    return null;
  end if;
  select * into v_closing from wflo.entry e
  where e.tenant = p_tenant and e.call_id = p_call and wflo.is_closing(e.kind);
  if not found then
    return null;
  end if;
  select e.call_id into v_taken from wflo.entry e where e.tenant = p_tenant and e.id = p_id;
  if found then
    return wflo.settle_verdict(p_tenant, p_call, case when v_taken = p_call then 'replay' else 'conflict' end);
  end if;
  perform wflo.book(p_tenant, wflo.deltas_of(p_tenant, array[wflo.amend(v_closing, p_id, 'correction', p_cost, p_receipt)]));
  return wflo.settle_verdict(p_tenant, p_call, 'settled');
end
$$;

-- Closes holds that outlived their process, of all tenants, and returns how many. A hold another connection works on is left to it.
create function wflo.expire(p_limit int8) returns int8 language plpgsql as $$
declare
  v_at timestamptz := wflo.now();
  v_due record;
  v_hold wflo.hold;
  v_ids uuid[];
  v_count int8 := 0;
begin
  for v_due in
    select x.tenant, array_agg(x.call_id) as calls
    from (
      select h.tenant, h.call_id from wflo.hold h where h.expires_at <= v_at
      order by h.expires_at limit p_limit for update skip locked
    ) x
    group by x.tenant order by x.tenant
  loop
    perform wflo.lock_windows(v_due.tenant, v_due.calls);
    v_ids := '{}';
    for v_hold in
      delete from wflo.hold h where h.tenant = v_due.tenant and h.call_id = any (v_due.calls) returning h.*
    loop
      v_ids := v_ids || wflo.close_hold(v_hold, wflo.uuid7(), 'expire',
        case when v_hold.charge_on_expiry then v_hold.amount else 0 end,
        jsonb_build_object('reason', 'the hold was not renewed: its process died or lost the database'));
    end loop;
    perform wflo.book(v_due.tenant, wflo.deltas_of(v_due.tenant, v_ids));
    v_count := v_count + cardinality(v_ids);
  end loop;
  return v_count;
end
$$;

-- Moves the expiry of open holds to this long from now; how many there were. Locked sorted first: an UPDATE alone takes rows in any order.
create function wflo.renew(p_tenant text, p_calls uuid[], p_ttl_ms int8) returns int8 language plpgsql as $$
declare
  v_count int8;
begin
  perform 1 from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls) order by h.call_id for update;
  update wflo.hold h set expires_at = wflo.now() + p_ttl_ms * interval '1 millisecond'
  where h.tenant = p_tenant and h.call_id = any (p_calls);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
