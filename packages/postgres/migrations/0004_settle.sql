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

-- Locks the open holds among these calls, in order, and returns those that have one.
create function wflo.lock_holds(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
begin
  return array(
    select h.call_id from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls)
    order by h.call_id for update
  );
end
$$;

-- Locks the holds and the closing entries of a batch and returns the calls it found. The closing entry of a call stands for the call once
-- its hold is gone: where all are held there is none to look for. A call that appears between these statements is not found: it must not be looked at
-- again, unlocked.
create function wflo.lock_rows(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
declare
  v_held uuid[] := wflo.lock_holds(p_tenant, p_calls);
  v_closed uuid[];
begin
  if cardinality(v_held) = cardinality(p_calls) then
    return v_held;
  end if;
  v_closed := array(
    select e.call_id from wflo.entry e
    where e.tenant = p_tenant and e.call_id = any (p_calls) and wflo.is_closing(e.kind)
    order by e.call_id, e.id for update
  );
  return v_held || v_closed;
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

-- How a call ends, as a client tells it. cost is null for what nobody knows. The counts are those of the receipt; failed says that it has a reason.
create type wflo.settlement as (
  call_id uuid, id uuid, kind wflo.entry_kind, cost int8, input_tokens int8, output_tokens int8, latency_ms int8, failed boolean, receipt jsonb
);

-- Writes an entry and returns its id: its own, or a new one if another entry has that.
create function wflo.write_entry(p_entry wflo.entry, p_how wflo.settlement) returns uuid language plpgsql as $$
begin
  p_entry.id := p_how.id;
  p_entry.at := wflo.now();
  p_entry.receipt := p_how.receipt;
  p_entry.input_tokens := coalesce(p_how.input_tokens, 0);
  p_entry.output_tokens := coalesce(p_how.output_tokens, 0);
  p_entry.latency_ms := coalesce(p_how.latency_ms, 0);
  p_entry.failed := coalesce(p_how.failed, false);
  loop
    insert into wflo.entry select p_entry.* on conflict do nothing;
    exit when found;
    p_entry.id := wflo.uuid7();
  end loop;
  return p_entry.id;
end
$$;

-- Writes the entry that closes a hold and returns its id. What nobody knows the cost of costs all that was held.
create function wflo.close_hold(p_hold wflo.hold, p_how wflo.settlement) returns uuid language plpgsql as $$
declare
  v_entry wflo.entry;
  v_charged int8 := coalesce(p_how.cost, p_hold.amount);
begin
  v_entry.tenant := p_hold.tenant;
  v_entry.call_id := p_hold.call_id;
  v_entry.kind := p_how.kind;
  v_entry.budget_ids := p_hold.budget_ids;
  v_entry.window_budget_ids := p_hold.window_budget_ids;
  v_entry.window_kinds := p_hold.window_kinds;
  v_entry.window_starts := p_hold.window_starts;
  v_entry.held := p_hold.amount;
  v_entry.charged := v_charged;
  v_entry.overrun := greatest(v_charged - p_hold.amount, 0);
  v_entry.total := v_charged;
  v_entry.run_id := p_hold.run_id;
  v_entry.step := p_hold.step;
  v_entry.agent := p_hold.agent;
  v_entry.checkpoint_id := p_hold.checkpoint_id;
  v_entry.thread := p_hold.thread;
  v_entry.provider := p_hold.provider;
  v_entry.model := p_hold.model;
  return wflo.write_entry(v_entry, p_how);
end
$$;

-- The same for a hold that nobody settles: why is in its receipt.
create function wflo.close_unsettled(p_hold wflo.hold, p_kind text, p_charged int8, p_reason text) returns uuid language sql volatile as $$
  select wflo.close_hold(p_hold, row(
    p_hold.call_id, wflo.uuid7(), p_kind, p_charged, 0, 0, 0, true, jsonb_build_object('reason', p_reason))::wflo.settlement)
$$;

-- Writes an entry that brings a closed call to a new total and returns its id.
create function wflo.amend(p_closing wflo.entry, p_kind text, p_how wflo.settlement) returns uuid language plpgsql as $$
declare
  v_entry wflo.entry := p_closing;
  v_charged int8;
  v_overrun int8;
begin
  select sum(e.charged), sum(e.overrun) into v_charged, v_overrun
  from wflo.entry e where e.tenant = p_closing.tenant and e.call_id = p_closing.call_id;
  v_entry.kind := p_kind;
  v_entry.charged := p_how.cost - v_charged;
  v_entry.overrun := greatest(p_how.cost - p_closing.held, 0) - v_overrun;
  v_entry.total := p_how.cost;
  return wflo.write_entry(v_entry, p_how);
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

-- The warnings of these windows that nobody was told, which now count as told: [{ share, window }], null for none. They are locked, and it is
-- called only for windows whose next warning is due, a few times in the life of each.
create function wflo.take_warnings(p_tenant text, p_ids text[], p_kinds text[], p_starts timestamptz[]) returns jsonb language plpgsql as $$
declare
  v_warnings jsonb;
begin
  with due as (
    select w.*, b.warn_at, b.zone
    from unnest(p_ids, p_kinds, p_starts) u (id, kind, start)
    join wflo.budget_window w on w.tenant = p_tenant and w.id = u.id and w.kind = u.kind and w.start = u.start
    join wflo.budget b on b.tenant = w.tenant and b.id = w.id
  ), told as (
    select d.*, s.share
    from due d cross join lateral (select distinct share from unnest(d.warn_at) x (share)) s
    where s.share > d.warned and wflo.warn_line(d.cap, s.share) <= d.spent
  ), marked as (
    update wflo.budget_window w
    set warned = x.warned, next_warning = wflo.next_warning(w.cap, x.warned, x.warn_at)
    from (
      select d.id, d.kind, d.start, d.warn_at, greatest(d.warned, max(t.share)) as warned
      from due d left join told t on t.id = d.id and t.kind = d.kind and t.start = d.start
      group by d.id, d.kind, d.start, d.warn_at, d.warned
    ) x
    where w.tenant = p_tenant and w.id = x.id and w.kind = x.kind and w.start = x.start
  )
  select jsonb_agg(jsonb_build_object('share', t.share, 'window', wflo.window_json(row(
    t.id, t.kind, t.start, t.cap, t.spent, t.reserved, t.overrun, 0, true, t.zone
  )::wflo.window_line)) order by t.id, t.kind, t.start, t.share)
  into v_warnings
  from told t;
  return v_warnings;
end
$$;

-- A verdict with the warnings that go out with it; null for none.
create function wflo.telling(p_verdict jsonb, p_warnings jsonb) returns jsonb language sql immutable as $$
  select case when p_warnings is null then p_verdict else p_verdict || jsonb_build_object('warnings', p_warnings) end
$$;

-- Books deltas on their windows, which are locked: one update for each window. Returns the warnings that are due there, to be told by
-- whoever asked; without p_tells they are left to the next booking.
create function wflo.book(p_tenant text, p_deltas wflo.window_delta[], p_tells boolean default true) returns jsonb language plpgsql as $$
declare
  v_ids text[];
  v_kinds text[];
  v_starts timestamptz[];
begin
  with booked as (
    update wflo.budget_window w
    set spent = wflo.kept(w.spent + d.charged), reserved = wflo.kept(w.reserved - d.held), overrun = wflo.kept(w.overrun + d.overrun)
    from (
      select d.id, d.kind, d.start, sum(d.charged) as charged, sum(d.held) as held, sum(d.overrun) as overrun
      from unnest(p_deltas) d group by d.id, d.kind, d.start
    ) d
    where w.tenant = p_tenant and w.id = d.id and w.kind = d.kind and w.start = d.start
    returning w.id, w.kind, w.start, w.spent >= w.next_warning as is_due
  )
  select array_agg(b.id), array_agg(b.kind), array_agg(b.start) into v_ids, v_kinds, v_starts from booked b where b.is_due;
  if v_ids is null or not p_tells then
    return null;
  end if;
  return wflo.take_warnings(p_tenant, v_ids, v_kinds, v_starts);
end
$$;

-- What all entries of a call add up to, as a verdict of the port; money as text.
create function wflo.settle_verdict(p_tenant text, p_call uuid, p_code text) returns jsonb language sql volatile as $$
  select jsonb_build_object('callId', p_call, 'code', p_code,
    'charged', coalesce(sum(e.charged), 0)::text, 'overrun', coalesce(sum(e.overrun), 0)::text)
  from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call
$$;

-- Closes one call under the locks of lock_calls. entry_id is null when nothing was written.
create function wflo.settle_one(p_tenant text, p_how wflo.settlement, out verdict jsonb, out entry_id uuid) language plpgsql as $$
declare
  v_hold wflo.hold;
  v_closing wflo.entry;
  v_cost int8;
begin
  delete from wflo.hold h where h.tenant = p_tenant and h.call_id = p_how.call_id returning h.* into v_hold;
  if found then
    entry_id := wflo.close_hold(v_hold, p_how);
    verdict := wflo.settle_verdict(p_tenant, p_how.call_id, 'settled');
    return;
  end if;
  select * into v_closing from wflo.entry e
  where e.tenant = p_tenant and e.call_id = p_how.call_id and wflo.is_closing(e.kind);
  if p_how.cost is null or exists (
    select from wflo.entry e where e.tenant = p_tenant and e.id = p_how.id and e.call_id = p_how.call_id) then
    verdict := wflo.settle_verdict(p_tenant, p_how.call_id, 'replay');
  elsif v_closing.kind in ('doubt', 'expire') and not exists (
    select from wflo.entry e where e.tenant = p_tenant and e.call_id = p_how.call_id and e.kind = 'late') then
    entry_id := wflo.amend(v_closing, 'late', p_how);
    verdict := wflo.settle_verdict(p_tenant, p_how.call_id, 'late');
  else
    select sum(e.charged) into v_cost from wflo.entry e where e.tenant = p_tenant and e.call_id = p_how.call_id;
    verdict := wflo.settle_verdict(p_tenant, p_how.call_id, case when v_cost = p_how.cost then 'replay' else 'conflict' end);
  end if;
end
$$;

-- Of settlements: the calls that were found, those of them that were closed (their holds are to be deleted), what each of these was charged and how much
-- of that was above its hold, and what it changes.
create type wflo.settled_calls as (known uuid[], closed uuid[], charged int8[], overruns int8[], deltas wflo.window_delta[]);

-- The first half of a settlement: locks the calls, and writes the entries of those that have an open hold and stand in it once, which are nearly all. A list in
-- the condition, and no joins: a plan that was made for few rows, and is kept, would compare all with all.
create function wflo.settle_held(p_tenant text, p_settlements wflo.settlement[]) returns wflo.settled_calls language plpgsql as $$
declare
  v_calls uuid[] := array(select s.call_id from unnest(p_settlements) s);
  v_known uuid[] := wflo.lock_holds(p_tenant, v_calls);
  v_once uuid[] := v_known;
  v_settled wflo.settled_calls;
begin
  if cardinality(v_known) < cardinality(v_calls) then
    v_known := wflo.lock_rows(p_tenant, v_calls);
    v_once := array(
      select x.call_id from (
        select s.call_id, count(*) over (partition by s.call_id) as of_call, count(*) over (partition by s.id) as of_id from unnest(p_settlements) s
      ) x
      where x.of_call = 1 and x.of_id = 1 and x.call_id = any (v_known)
    );
  end if;
  with held as (
    select h.* from wflo.hold h where h.tenant = p_tenant and h.call_id = any (v_once)
  ), written as (
    insert into wflo.entry (
      tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, run_id, step,
      agent, checkpoint_id, thread, provider, model, receipt, input_tokens, output_tokens, latency_ms, failed
    )
    select h.tenant, (x.how).id, h.call_id, (x.how).kind, h.budget_ids, h.window_budget_ids, h.window_kinds, h.window_starts, h.amount, c.charged,
      greatest(c.charged - h.amount, 0), c.charged, wflo.now(), h.run_id, h.step, h.agent, h.checkpoint_id, h.thread, h.provider, h.model,
      (x.how).receipt, (x.how).input_tokens, (x.how).output_tokens, (x.how).latency_ms, (x.how).failed
    from held h
    cross join lateral (select p_settlements[array_position(v_calls, h.call_id)] as how offset 0) x
    cross join lateral (select coalesce((x.how).cost, h.amount) as charged) c
    on conflict (tenant, id) do nothing
    returning call_id, held, charged, overrun, window_budget_ids, window_kinds, window_starts
  )
  select v_known, coalesce(array_agg(w.call_id), '{}'), array_agg(w.charged), array_agg(w.overrun), array(
    select row(u.id, u.kind, u.start, sum(d.charged), sum(d.held), sum(d.overrun))::wflo.window_delta
    from (
      select x.window_budget_ids as ids, x.window_kinds as kinds, x.window_starts as starts, sum(x.charged) as charged, sum(x.held) as held,
        sum(x.overrun) as overrun
      from written x group by x.window_budget_ids, x.window_kinds, x.window_starts
    ) d, unnest(d.ids, d.kinds, d.starts) u (id, kind, start)
    group by u.id, u.kind, u.start
  )
  into v_settled
  from written w;
  return v_settled;
end
$$;

-- Takes the places of the holds of these calls, of which nothing is known, until the end of the transaction: a reserve of one of them that is being committed
-- is waited for, and one that comes later waits, then finds the call closed. Sorted, as hold_many takes them.
create function wflo.take_places(p_tenant text, p_calls uuid[]) returns void language plpgsql as $$
declare
  v_count int8;
begin
  insert into wflo.hold (
    tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at, provider, model
  )
  select p_tenant, c.id, '{}', '{}', '{}', '{}', 0, 0, false, 'infinity', '', '' from unnest(p_calls) c (id) order by c.id
  on conflict do nothing;
  get diagnostics v_count = row_count;
  if v_count < cardinality(p_calls) or exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (p_calls)) then
    raise exception 'wflo: a call was reserved meanwhile' using errcode = '40001';
  end if;
  -- The key is kept all the same.
  delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls);
end
$$;

-- Writes down that a call was given up of which nothing is known. Whether it did.
create function wflo.void_unknown(p_tenant text, p_how wflo.settlement) returns boolean language plpgsql as $$
begin
  insert into wflo.entry (
    tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, provider, model,
    receipt
  )
  values (
    p_tenant, p_how.id, p_how.call_id, 'void', '{}', '{}', '{}', '{}', 0, 0, 0, 0, wflo.now(), '', '', p_how.receipt
  )
  on conflict do nothing;
  return found;
end
$$;

-- The second half, under the locks of the windows: settles what the first half did not close, one by one, in the order given. Gives the verdicts of
-- all, and adds the deltas.
create function wflo.settle_rest(
  p_tenant text, p_settlements wflo.settlement[], p_settled wflo.settled_calls, out deltas wflo.window_delta[], out verdicts jsonb[]
) language plpgsql as $$
declare
  v_known uuid[] := p_settled.known;
  v_given_up uuid[] := array(
    select distinct s.call_id from unnest(p_settlements) s where s.kind = 'void' and s.call_id <> all (p_settled.known));
  v_how wflo.settlement;
  v_one record;
  -- Verdicts by the calls that are closed: many are found in it as fast as a few.
  v_closed jsonb;
  v_entries uuid[] := '{}';
begin
  deltas := p_settled.deltas;
  select jsonb_object_agg(c.call_id, jsonb_build_object(
    'callId', c.call_id, 'code', 'settled', 'charged', c.charged::text, 'overrun', c.overrun::text)) into v_closed
  from unnest(p_settled.closed, p_settled.charged, p_settled.overruns) c (call_id, charged, overrun);
  if cardinality(v_given_up) > 0 then
    perform wflo.take_places(p_tenant, v_given_up);
  end if;
  verdicts := array_fill(null::jsonb, array[cardinality(p_settlements)]);
  for v_place in 1 .. cardinality(p_settlements) loop
    v_how := p_settlements[v_place];
    verdicts[v_place] := v_closed -> v_how.call_id::text;
    continue when verdicts[v_place] is not null;
    if v_how.call_id = any (v_known) then
      v_one := wflo.settle_one(p_tenant, v_how);
      verdicts[v_place] := v_one.verdict;
      if v_one.entry_id is not null then
        v_entries := v_entries || v_one.entry_id;
      end if;
    else
      if v_how.kind = 'void' and wflo.void_unknown(p_tenant, v_how) then
        v_known := v_known || v_how.call_id;
      elsif exists (select from wflo.hold h where h.tenant = p_tenant and h.call_id = v_how.call_id) then
        raise exception 'wflo: call % was reserved meanwhile', v_how.call_id using errcode = '40001';
      end if;
      verdicts[v_place] := jsonb_build_object('callId', v_how.call_id, 'code', 'unknown', 'charged', '0', 'overrun', '0');
    end if;
  end loop;
  if cardinality(v_entries) > 0 then
    deltas := deltas || wflo.deltas_of(p_tenant, v_entries);
  end if;
end
$$;

-- Settles a batch, [wflo.settlement]. The warnings that are due where it is booked are in its last verdict.
create function wflo.settle_all(p_tenant text, p_settlements jsonb) returns jsonb language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_settlements wflo.settlement[] := array(select s from jsonb_populate_recordset(null::wflo.settlement, p_settlements) s);
  v_settled wflo.settled_calls;
  v_rest record;
  v_verdicts jsonb[];
begin
  if cardinality(v_settlements) = 0 then
    return '[]';
  end if;
  v_settled := wflo.settle_held(p_tenant, v_settlements);
  if cardinality(v_settled.known) > 0 then
    perform wflo.lock_windows(p_tenant, v_settled.known);
  end if;
  delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (v_settled.closed);
  v_rest := wflo.settle_rest(p_tenant, v_settlements, v_settled);
  v_verdicts := v_rest.verdicts;
  if cardinality(v_rest.deltas) > 0 then
    v_verdicts[cardinality(v_verdicts)] := wflo.telling(v_verdicts[cardinality(v_verdicts)], wflo.book(p_tenant, v_rest.deltas));
  end if;
  return to_jsonb(v_verdicts);
end
$$;

-- The same, and the commit need not wait for the disk while no bill is above its hold and no warning goes out: losing such a settle in a
-- crash of the server leaves the larger hold, which is the safe side, and nothing is told twice.
create function wflo.settle(p_tenant text, p_settlements jsonb) returns jsonb language plpgsql as $$
declare
  v_verdicts jsonb := wflo.settle_all(p_tenant, p_settlements);
begin
  if not exists (
    select from jsonb_array_elements(v_verdicts) v where v ->> 'code' = 'late' or v ->> 'overrun' <> '0' or v ? 'warnings') then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  return v_verdicts;
end
$$;

-- Sets the total of a closed call by hand, once per id of a correction (wflo.settlement); null when no closed call has this id.
create function wflo.correct(p_tenant text, p_correction jsonb) returns jsonb language plpgsql as $$
declare
  v_how wflo.settlement := jsonb_populate_record(null::wflo.settlement, p_correction);
  v_closing wflo.entry;
  v_taken uuid;
  v_warnings jsonb;
begin
  if v_how.call_id <> all (wflo.lock_calls(p_tenant, array[v_how.call_id])) then
    return null;
  end if;
  select * into v_closing from wflo.entry e
  where e.tenant = p_tenant and e.call_id = v_how.call_id and wflo.is_closing(e.kind);
  if not found then
    return null;
  end if;
  select e.call_id into v_taken from wflo.entry e where e.tenant = p_tenant and e.id = v_how.id;
  if found then
    return wflo.settle_verdict(p_tenant, v_how.call_id, case when v_taken = v_how.call_id then 'replay' else 'conflict' end);
  end if;
  v_warnings := wflo.book(p_tenant, wflo.deltas_of(p_tenant, array[wflo.amend(v_closing, 'correction', v_how)]));
  return wflo.telling(wflo.settle_verdict(p_tenant, v_how.call_id, 'settled'), v_warnings);
end
$$;

-- Closes holds that outlived their process, of all tenants. A hold another connection works on is left to it. Returns how many, and what
-- is to be told of the windows of one tenant; those of others warn at their next booking.
create function wflo.expire(p_limit int8, p_tenant text) returns jsonb language plpgsql as $$
declare
  v_at timestamptz := wflo.now();
  v_due record;
  v_hold wflo.hold;
  v_ids uuid[];
  v_count int8 := 0;
  v_told jsonb;
  v_warnings jsonb;
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
      v_ids := v_ids || wflo.close_unsettled(v_hold, 'expire', case when v_hold.charge_on_expiry then v_hold.amount else 0 end,
        'the hold was not renewed: its process died or lost the database');
    end loop;
    v_told := wflo.book(v_due.tenant, wflo.deltas_of(v_due.tenant, v_ids), v_due.tenant is not distinct from p_tenant);
    v_warnings := coalesce(v_told, v_warnings);
    v_count := v_count + cardinality(v_ids);
  end loop;
  return jsonb_build_object('closed', v_count, 'warnings', v_warnings);
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
