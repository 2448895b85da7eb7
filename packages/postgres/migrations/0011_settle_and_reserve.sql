-- Settle and reserve for many calls at once: one lock and one update for each window, however many calls are in it. It settles first, in the order
-- given, then grants exactly what wflo.reserve would, asked for one after the other; what that would not grant, or has to look at more closely,
-- is left out and asked for alone.

-- Which of these calls are there already. Lists in conditions, here and below, and no joins with the tables: a plan that was made when they were
-- small, and is kept, would read them whole.
create function wflo.known_calls(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
begin
  return array(
    select h.call_id from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls)
    union all
    select e.call_id from wflo.entry e where e.tenant = p_tenant and e.call_id = any (p_calls)
  );
end
$$;

-- The runs among these that somebody took over since an epoch of theirs that is in use. Locked: KEY SHARE lets heartbeats through and keeps a
-- claim from missing the holds that come next.
create function wflo.lost_runs(p_tenant text, p_runs uuid[], p_epochs int8[]) returns uuid[] language plpgsql as $$
declare
  v_ids uuid[];
  v_epochs int8[];
begin
  select array_agg(x.id), array_agg(x.epoch) into v_ids, v_epochs from (
    select r.id, r.epoch from wflo.run r where r.tenant = p_tenant and r.id = any (p_runs) order by r.id for key share
  ) x;
  if v_ids is null then
    return '{}';
  end if;
  return array(
    select c.run from unnest(p_runs, p_epochs) c (run, epoch) join unnest(v_ids, v_epochs) r (id, epoch) on r.id = c.run
    where r.epoch > c.epoch
  );
end
$$;

-- Which of these budgets a call may be held on, which of them charge what expires, which have parents and which these are, and their windows that are open at a time: made where they are
-- missing; fresh, and not locked.
create function wflo.open_lines(
  p_tenant text, p_ids text[], p_at timestamptz, out usable text[], out charging text[], out children text[], out parents text[],
  out lines wflo.window_line[]
) language plpgsql as $$
declare
  v_unmade boolean;
begin
  select coalesce(array_agg(distinct b.id), '{}'), coalesce(array_agg(distinct b.id) filter (where b.on_expiry = 'charge'), '{}'),
    array_agg(b.id) filter (where b.parent is not null), array_agg(b.parent) filter (where b.parent is not null),
    coalesce(array_agg(row(b.id, k.kind, k.start, k.cap, 0, 0, 0, 0, true, b.zone)::wflo.window_line) filter (where k.kind is not null), '{}'),
    coalesce(bool_or(k.kind is not null and w.made is null), false)
  into usable, charging, children, parents, lines, v_unmade
  from wflo.budget b
  left join lateral wflo.open_windows(b, p_at) k on true
  left join lateral (
    select true as made from wflo.budget_window w where w.tenant = b.tenant and w.id = b.id and w.kind = k.kind and w.start = k.start limit 1
  ) w on true
  where b.tenant = p_tenant and b.id = any (p_ids) and not b.paused;
  if v_unmade then
    perform wflo.make_windows(p_tenant, usable, p_at);
  end if;
end
$$;

-- Locks these lines, the windows of these deltas and those of these calls, in order, and returns all as they stand then. Each is looked up by its
-- whole key, in the order of the list.
create function wflo.lock_lines(p_tenant text, p_lines wflo.window_line[], p_deltas wflo.window_delta[], p_calls uuid[])
returns wflo.window_line[] language plpgsql as $$
begin
  if cardinality(p_calls) > 0 then
    p_deltas := p_deltas || array(
      select row(u.id, u.kind, u.start, 0, 0, 0)::wflo.window_delta
      from wflo.hold h, unnest(h.window_budget_ids, h.window_kinds, h.window_starts) u (id, kind, start)
      where h.tenant = p_tenant and h.call_id = any (p_calls)
      union all
      select row(u.id, u.kind, u.start, 0, 0, 0)::wflo.window_delta
      from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
      where e.tenant = p_tenant and e.call_id = any (p_calls)
    );
  end if;
  return array(
    select row(k.id, k.kind, k.start, x.cap, x.spent, x.reserved, x.overrun, 0, k.fresh, k.zone)::wflo.window_line
    from (
      select u.id, u.kind, u.start, bool_or(u.fresh) as fresh, max(u.zone) as zone
      from (
        select l.budget_id as id, l.kind, l.start, true as fresh, l.zone from unnest(p_lines) l
        union all
        select d.id, d.kind, d.start, false, null from unnest(p_deltas) d
      ) u
      group by u.id, u.kind, u.start
      order by u.id, u.kind, u.start
    ) k
    cross join lateral (
      select w.cap, w.spent, w.reserved, w.overrun from wflo.budget_window w
      where w.tenant = p_tenant and w.id = k.id and w.kind = k.kind and w.start = k.start
      for update
    ) x
  );
end
$$;

-- The budgets that a call names, where their lines are in the list of all, and their open windows in lock order.
create type wflo.budget_set as (
  ids text[], usable boolean, charge boolean, places int[], window_ids text[], kinds text[], starts timestamptz[]
);

-- Settlements as in wflo.settle_all. The calls that reserve name their budgets by number: p_of is the set of each call, and p_owners and p_ids are
-- the sets, 1 to the last, one budget after the other; one of none is a null; p_inherited says which of them nobody named. No call may be in both. Returns { settled: [verdict],
-- grants: [amount or null], windows: [those of what is granted, as they stand then] }.
create function wflo.settle_and_reserve(
  p_tenant text, p_settlements jsonb, p_owners int[], p_ids text[], p_inherited boolean[], p_calls uuid[], p_of int[], p_bounds int8[], p_needs int8[],
  p_targets int8[], p_shares int8[], p_ttls int8[], p_epochs int8[], p_runs uuid[], p_steps text[], p_agents text[], p_checkpoints text[],
  p_threads text[], p_providers text[], p_models text[]
) returns jsonb language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_usable text[];
  v_charging text[];
  v_children text[];
  v_parents text[];
  v_lost uuid[] := '{}';
  v_known uuid[] := '{}';
  v_closed uuid[] := '{}';
  v_deltas wflo.window_delta[] := '{}';
  v_verdicts jsonb[] := '{}';
  v_lines wflo.window_line[];
  v_charged numeric[];
  v_held numeric[];
  v_overrun numeric[];
  v_free int8[];
  v_added int8[];
  v_sets wflo.budget_set[];
  v_set wflo.budget_set;
  v_number int;
  v_place int;
  v_grants int8[] := array_fill(null::int8, array[cardinality(p_calls)]);
  v_granted uuid[] := '{}';
  v_least int8;
  v_grant int8;
  v_count int8;
  v_windows jsonb;
  v_due_ids text[];
  v_due_kinds text[];
  v_due_starts timestamptz[];
begin
  if array_remove(p_runs, null) <> '{}' then
    v_lost := wflo.lost_runs(p_tenant, p_runs, p_epochs);
  end if;
  select * into v_usable, v_charging, v_children, v_parents, v_lines from wflo.open_lines(p_tenant, p_ids, wflo.now());
  if jsonb_array_length(p_settlements) > 0 then
    select * into v_known, v_closed, v_deltas, v_verdicts from wflo.settle_held(p_tenant, p_settlements);
  end if;
  v_lines := wflo.lock_lines(
    p_tenant, v_lines, v_deltas, case when cardinality(v_known) > cardinality(v_closed) then v_known else '{}' end);
  if jsonb_array_length(p_settlements) > 0 then
    select * into v_deltas, v_verdicts from wflo.settle_rest(p_tenant, p_settlements, v_known, v_closed, v_deltas, v_verdicts);
  end if;
  v_known := wflo.known_calls(p_tenant, p_calls);

  -- What is free once the settlements are booked.
  select coalesce(array_agg(coalesce(d.charged, 0) order by l.n), '{}'), coalesce(array_agg(coalesce(d.held, 0) order by l.n), '{}'),
    coalesce(array_agg(coalesce(d.overrun, 0) order by l.n), '{}'), coalesce(array_agg(null::int8), '{}'),
    coalesce(array_agg(greatest(
      l.cap::numeric - wflo.kept(l.spent + coalesce(d.charged, 0)) - wflo.kept(l.reserved - coalesce(d.held, 0)), -1)::int8 order by l.n), '{}')
  into v_charged, v_held, v_overrun, v_added, v_free
  from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
  left join (
    select d.id, d.kind, d.start, sum(d.charged) as charged, sum(d.held) as held, sum(d.overrun) as overrun
    from unnest(v_deltas) d group by d.id, d.kind, d.start
  ) d on d.id = l.budget_id and d.kind = l.kind and d.start = l.start;

  select coalesce(array_agg(row(o.ids, o.usable, o.charge, coalesce(l.places, '{}'), coalesce(l.ids, '{}'), coalesce(l.kinds, '{}'),
    coalesce(l.starts, '{}'))::wflo.budget_set order by o.owner), '{}')
  into v_sets
  from (
    select o.owner, coalesce(array_agg(o.id order by o.place) filter (where o.id is not null), '{}') as ids,
      coalesce(bool_and(o.id = any (v_usable)), true) as usable, coalesce(bool_or(o.id = any (v_charging)), true) as charge
    from unnest(p_owners, p_ids) with ordinality o (owner, id, place) group by o.owner
  ) o
  left join (
    select o.owner, array_agg(l.n::int order by l.n) as places, array_agg(l.budget_id order by l.n) as ids, array_agg(l.kind order by l.n) as kinds,
      array_agg(l.start order by l.n) as starts
    from unnest(p_owners, p_ids) o (owner, id)
    join unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
      on l.budget_id = o.id and l.fresh
    group by o.owner
  ) l on l.owner = o.owner;

  -- Parents are rare: what lacks one, or has one too many, is asked for alone.
  if v_children is not null or true = any (p_inherited) then
    for v_number in 1 .. cardinality(v_sets) loop
      v_set := v_sets[v_number];
      if not wflo.has_parents(
        v_set.ids,
        array(select o.id from unnest(p_owners, p_ids, p_inherited) o (owner, id, inherited) where o.owner = v_number and o.inherited),
        array(select c.parent from unnest(v_children, v_parents) c (id, parent) where c.id = any (v_set.ids))
      ) then
        v_set.usable := false;
        v_sets[v_number] := v_set;
      end if;
    end loop;
    v_number := null;
  end if;

  for v_call in 1 .. cardinality(p_calls) loop
    if v_number is distinct from p_of[v_call] then
      v_number := p_of[v_call];
      v_set := v_sets[v_number];
    end if;
    continue when not v_set.usable or p_calls[v_call] = any (v_known) or coalesce(p_runs[v_call] = any (v_lost), false);
    v_least := 9223372036854775807;
    foreach v_place in array v_set.places loop
      v_least := least(v_least, v_free[v_place]);
    end loop;
    -- Plenty: the first half of wflo.grant_of.
    if p_bounds[v_call] <= greatest(v_least, 0) / greatest(8, p_shares[v_call]) then
      v_grant := p_bounds[v_call];
    else
      v_grant := wflo.grant_of(p_bounds[v_call], p_needs[v_call], p_targets[v_call], p_shares[v_call], array(
        select v_free[n] from unnest(v_set.places) n));
      continue when v_grant is null;
    end if;
    v_grants[v_call] := v_grant;
    v_granted := v_granted || p_calls[v_call];
    foreach v_place in array v_set.places loop
      v_free[v_place] := v_free[v_place] - v_grant;
      v_added[v_place] := coalesce(v_added[v_place], 0) + v_grant;
    end loop;
  end loop;

  if cardinality(v_granted) > 0 then
    insert into wflo.hold (
      tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
      run_id, epoch, step, agent, checkpoint_id, thread, provider, model
    )
    select p_tenant, c.call, s.ids, s.window_ids, s.kinds, s.starts, c.amount, c.bound, s.charge, wflo.now() + c.ttl * interval '1 millisecond',
      c.run, c.epoch, c.step, c.agent, c.checkpoint, c.thread, c.provider, c.model
    from unnest(p_calls, p_of, v_grants, p_bounds, p_ttls, p_runs, p_epochs, p_steps, p_agents, p_checkpoints, p_threads, p_providers, p_models)
      c (call, owner, amount, bound, ttl, run, epoch, step, agent, checkpoint, thread, provider, model)
    join unnest(v_sets) with ordinality s (ids, usable, charge, places, window_ids, kinds, starts, n) on s.n = c.owner
    where c.amount is not null
    on conflict do nothing;
    get diagnostics v_count = row_count;
    -- The same id may have been reserved, or reserved and settled, by another connection since it was looked for.
    if v_count < cardinality(v_granted)
      or exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (v_granted)) then
      raise exception 'wflo: a call of a batch was reserved meanwhile' using errcode = '40001';
    end if;
  end if;

  -- Warnings go with a settle, as in wflo.book: who only reserves has no verdict that could carry them.
  with booked as (
    update wflo.budget_window w
    set spent = wflo.kept(w.spent + l.charged), reserved = wflo.kept(w.reserved - l.held) + coalesce(l.added, 0),
      overrun = wflo.kept(w.overrun + l.more)
    from (
      select l.budget_id as id, l.kind, l.start, l.zone, l.n, v_charged[l.n] as charged, v_held[l.n] as held, v_overrun[l.n] as more,
        v_added[l.n] as added
      from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
    ) l
    where w.tenant = p_tenant and w.id = l.id and w.kind = l.kind and w.start = l.start
      and (l.charged <> 0 or l.held <> 0 or l.more <> 0 or l.added is not null)
    returning l.n, l.added, row(w.id, w.kind, w.start, w.cap, w.spent, w.reserved, w.overrun, 0, true, l.zone)::wflo.window_line as line,
      w.id, w.kind, w.start, w.spent >= w.next_warning and (l.charged <> 0 or l.held <> 0) as is_due
  )
  select coalesce(jsonb_agg(wflo.window_json(b.line) order by b.n) filter (where b.added is not null), '[]'),
    array_agg(b.id) filter (where b.is_due), array_agg(b.kind) filter (where b.is_due), array_agg(b.start) filter (where b.is_due)
  into v_windows, v_due_ids, v_due_kinds, v_due_starts
  from booked b;
  if v_due_ids is not null then
    v_verdicts := wflo.with_warnings(v_verdicts, wflo.take_warnings(p_tenant, v_due_ids, v_due_kinds, v_due_starts));
  end if;
  return jsonb_build_object('settled', to_jsonb(v_verdicts), 'grants', to_jsonb(v_grants::text[]), 'windows', v_windows);
end
$$;

-- The same in two commits and one round trip: the first does not wait for the disk, so that its locks are kept no longer than it works; the second
-- is empty and brings both to the disk before the answer leaves. For whoever may not call pg_logical_emit_message there is the function.
create procedure wflo.settle_and_reserve_early(
  p_tenant text, p_settlements jsonb, p_owners int[], p_ids text[], p_inherited boolean[], p_calls uuid[], p_of int[], p_bounds int8[], p_needs int8[],
  p_targets int8[], p_shares int8[], p_ttls int8[], p_epochs int8[], p_runs uuid[], p_steps text[], p_agents text[], p_checkpoints text[],
  p_threads text[], p_providers text[], p_models text[], inout answer jsonb
) language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  answer := wflo.settle_and_reserve(
    p_tenant, p_settlements, p_owners, p_ids, p_inherited, p_calls, p_of, p_bounds, p_needs, p_targets, p_shares, p_ttls, p_epochs, p_runs, p_steps, p_agents,
    p_checkpoints, p_threads, p_providers, p_models);
  commit;
  perform pg_logical_emit_message(true, 'wflo', '');
end
$$;
