-- Settle and reserve for many calls at once: one lock and one update for each window, however many calls are in it. It settles first, in the order
-- given, then grants exactly what wflo.reserve would, asked for one after the other; what that would not grant, or has to look at more closely,
-- is left out and asked for alone.

-- Which of these calls are there already. Lists in conditions, here and below, and no joins with the tables: a plan that was made when they were
-- small, and is kept, would read them whole.
create function wflo.known_calls(p_tenant text, p_calls uuid[]) returns uuid[] language plpgsql as $$
begin
  return array(select h.call_id from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_calls))
    || array(select e.call_id from wflo.entry e where e.tenant = p_tenant and e.call_id = any (p_calls));
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

-- The windows that are open at a time of these budgets, made where they are missing; fresh, and not locked.
create function wflo.open_lines(p_tenant text, p_ids text[], p_at timestamptz) returns wflo.window_line[] language plpgsql as $$
declare
  v_lines wflo.window_line[];
  v_unmade boolean;
begin
  select coalesce(array_agg(row(b.id, k.kind, k.start, k.cap, 0, 0, 0, 0, true, b.zone)::wflo.window_line), '{}'), coalesce(bool_or(w.id is null), false)
  into v_lines, v_unmade
  from wflo.budget b
  cross join lateral wflo.open_windows(b, p_at) k
  left join wflo.budget_window w on w.tenant = b.tenant and w.id = b.id and w.kind = k.kind and w.start = k.start
  where b.tenant = p_tenant and b.id = any (p_ids);
  if v_unmade then
    perform wflo.make_windows(p_tenant, p_ids, p_at);
  end if;
  return v_lines;
end
$$;

-- Locks these lines and the windows of the calls that are settled, in order, and returns all as they stand then.
create function wflo.lock_both(p_tenant text, p_lines wflo.window_line[], p_settled uuid[]) returns wflo.window_line[] language plpgsql as $$
declare
  v_ids text[];
  v_kinds text[];
  v_starts timestamptz[];
  v_fresh boolean[];
  v_zones text[];
  v_lines wflo.window_line[];
begin
  select array_agg(k.id), array_agg(k.kind), array_agg(k.start), array_agg(k.fresh), array_agg(k.zone)
  into v_ids, v_kinds, v_starts, v_fresh, v_zones
  from (
    select u.id, u.kind, u.start, bool_or(u.fresh) as fresh, max(u.zone) as zone
    from (
      select l.budget_id as id, l.kind, l.start, true as fresh, l.zone from unnest(p_lines) l
      union all
      select u.id, u.kind, u.start, false, null
      from wflo.hold h, unnest(h.window_budget_ids, h.window_kinds, h.window_starts) u (id, kind, start)
      where h.tenant = p_tenant and h.call_id = any (p_settled)
      union all
      select u.id, u.kind, u.start, false, null
      from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
      where e.tenant = p_tenant and e.call_id = any (p_settled)
    ) u
    group by u.id, u.kind, u.start
  ) k;
  select coalesce(array_agg(row(x.id, x.kind, x.start, x.cap, x.spent, x.reserved, x.overrun, 0, k.fresh, k.zone)::wflo.window_line
    order by x.id, x.kind, x.start), '{}')
  into v_lines
  from (
    select w.id, w.kind, w.start, w.cap, w.spent, w.reserved, w.overrun
    from wflo.budget_window w
    where w.tenant = p_tenant and w.id = any (v_ids) and w.kind = any (v_kinds) and w.start = any (v_starts)
      and (w.id, w.kind, w.start) in (select u.id, u.kind, u.start from unnest(v_ids, v_kinds, v_starts) u (id, kind, start))
    order by w.tenant, w.id, w.kind, w.start
    for update of w
  ) x
  join unnest(v_ids, v_kinds, v_starts, v_fresh, v_zones) k (id, kind, start, fresh, zone) on k.id = x.id and k.kind = x.kind and k.start = x.start;
  return v_lines;
end
$$;

-- The budgets that a call names, and their open windows in lock order.
create type wflo.budget_set as (ids text[], window_ids text[], kinds text[], starts timestamptz[], charge boolean);

-- Settlements as in wflo.settle_all. The calls that reserve name their budgets by number: p_of is the set of each call, and p_owners and p_ids are
-- the sets, one budget after the other. No call may be in both. Returns { settled: [verdict], grants: [amount or null], windows: [of these
-- budgets, as they stand then] }.
create function wflo.settle_and_reserve(
  p_tenant text, p_settlements jsonb, p_owners int[], p_ids text[], p_calls uuid[], p_of int[], p_bounds int8[], p_needs int8[],
  p_targets int8[], p_shares int8[], p_ttls int8[], p_epochs int8[], p_runs uuid[], p_steps text[], p_agents text[], p_checkpoints text[],
  p_threads text[], p_providers text[], p_models text[]
) returns jsonb language plpgsql set enable_seqscan = off set jit = off as $$
declare
  v_usable text[];
  v_charging text[];
  v_known uuid[];
  v_lost uuid[];
  v_batch record;
  v_lines wflo.window_line[];
  v_charged numeric[];
  v_held numeric[];
  v_overrun numeric[];
  v_free int8[];
  v_added int8[];
  v_sets wflo.budget_set[];
  v_set_lines int[];
  v_set_ends int[];
  v_set_usable boolean[];
  v_grants int8[] := array_fill(null::int8, array[cardinality(p_calls)]);
  v_granted uuid[] := '{}';
  v_set int;
  v_from int;
  v_least int8;
  v_grant int8;
  v_count int8;
  v_due_ids text[];
  v_due_kinds text[];
  v_due_starts timestamptz[];
begin
  v_lost := wflo.lost_runs(p_tenant, p_runs, p_epochs);
  select coalesce(array_agg(b.id), '{}'), coalesce(array_agg(b.id) filter (where b.on_expiry = 'charge'), '{}') into v_usable, v_charging
  from wflo.budget b where b.tenant = p_tenant and b.id = any (p_ids) and not b.paused;
  v_lines := wflo.open_lines(p_tenant, v_usable, wflo.now());
  select * into v_batch from wflo.settle_held(p_tenant, p_settlements);
  v_known := wflo.known_calls(p_tenant, p_calls);
  v_lines := wflo.lock_both(p_tenant, v_lines, v_batch.known);
  select * into v_batch from wflo.settle_rest(
    p_tenant, p_settlements, v_batch.known, v_batch.closed, v_batch.entries, v_batch.verdicts);

  -- What is free once the settlements are booked.
  select coalesce(array_agg(coalesce(d.charged, 0) order by l.n), '{}'), coalesce(array_agg(coalesce(d.held, 0) order by l.n), '{}'),
    coalesce(array_agg(coalesce(d.overrun, 0) order by l.n), '{}'), coalesce(array_agg(0::int8), '{}'),
    coalesce(array_agg(greatest(
      l.cap::numeric - wflo.kept(l.spent + coalesce(d.charged, 0)) - wflo.kept(l.reserved - coalesce(d.held, 0)), -1)::int8 order by l.n), '{}')
  into v_charged, v_held, v_overrun, v_added, v_free
  from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
  left join wflo.deltas_of(p_tenant, v_batch.entries) d on d.id = l.budget_id and d.kind = l.kind and d.start = l.start;

  -- The sets, and the lines of each: those of set n end at v_set_ends[n].
  select coalesce(array_agg(l.n::int order by o.owner, l.n), '{}') into v_set_lines
  from unnest(p_owners, p_ids) o (owner, id)
  join unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
    on l.budget_id = o.id and l.fresh;
  select coalesce(array_agg(row(coalesce(o.ids, '{}'), coalesce(l.ids, '{}'), coalesce(l.kinds, '{}'), coalesce(l.starts, '{}'),
      coalesce(o.charge, true))::wflo.budget_set order by s.n), '{}'),
    coalesce(array_agg(l.count order by s.n), '{}'), coalesce(array_agg(coalesce(o.usable, true) order by s.n), '{}')
  into v_sets, v_set_ends, v_set_usable
  from (select distinct n from unnest(p_of) n) s
  left join (
    select o.owner, array_agg(o.id order by o.place) as ids, bool_and(o.id = any (v_usable)) as usable, bool_or(o.id = any (v_charging)) as charge
    from unnest(p_owners, p_ids) with ordinality o (owner, id, place) group by o.owner
  ) o on o.owner = s.n
  left join (
    select o.owner, count(*)::int as count, array_agg(l.budget_id order by l.n) as ids, array_agg(l.kind order by l.n) as kinds,
      array_agg(l.start order by l.n) as starts
    from unnest(p_owners, p_ids) o (owner, id)
    join unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
      on l.budget_id = o.id and l.fresh
    group by o.owner
  ) l on l.owner = s.n;
  for v_set in 1 .. cardinality(v_set_ends) loop
    v_set_ends[v_set] := coalesce(v_set_ends[v_set - 1], 0) + coalesce(v_set_ends[v_set], 0);
  end loop;

  for v_call in 1 .. cardinality(p_calls) loop
    v_set := p_of[v_call];
    continue when not v_set_usable[v_set] or p_calls[v_call] = any (v_known) or coalesce(p_runs[v_call] = any (v_lost), false);
    v_from := coalesce(v_set_ends[v_set - 1], 0) + 1;
    v_least := 9223372036854775807;
    for v_place in v_from .. v_set_ends[v_set] loop
      v_least := least(v_least, v_free[v_set_lines[v_place]]);
    end loop;
    -- Plenty: the first half of wflo.grant_of.
    if p_bounds[v_call] <= greatest(v_least, 0) / greatest(8, p_shares[v_call]) then
      v_grant := p_bounds[v_call];
    else
      v_grant := wflo.grant_of(p_bounds[v_call], p_needs[v_call], p_targets[v_call], p_shares[v_call], array(
        select v_free[v_set_lines[n]] from generate_series(v_from, v_set_ends[v_set]) n));
      continue when v_grant is null;
    end if;
    v_grants[v_call] := v_grant;
    v_granted := v_granted || p_calls[v_call];
    for v_place in v_from .. v_set_ends[v_set] loop
      v_free[v_set_lines[v_place]] := v_free[v_set_lines[v_place]] - v_grant;
      v_added[v_set_lines[v_place]] := v_added[v_set_lines[v_place]] + v_grant;
    end loop;
  end loop;

  insert into wflo.hold (
    tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
    run_id, epoch, step, agent, checkpoint_id, thread, provider, model
  )
  select p_tenant, c.call, s.ids, s.window_ids, s.kinds, s.starts, c.amount, c.bound, s.charge, wflo.now() + c.ttl * interval '1 millisecond',
    c.run, c.epoch, c.step, c.agent, c.checkpoint, c.thread, c.provider, c.model
  from unnest(p_calls, p_of, v_grants, p_bounds, p_ttls, p_runs, p_epochs, p_steps, p_agents, p_checkpoints, p_threads, p_providers, p_models)
    c (call, owner, amount, bound, ttl, run, epoch, step, agent, checkpoint, thread, provider, model)
  join unnest(v_sets) with ordinality s (ids, window_ids, kinds, starts, charge, n) on s.n = c.owner
  where c.amount is not null
  on conflict do nothing;
  get diagnostics v_count = row_count;
  -- The same id may have been reserved, or reserved and settled, by another connection since it was looked for.
  if v_count < cardinality(v_granted)
    or exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (v_granted)) then
    raise exception 'wflo: a call of a batch was reserved meanwhile' using errcode = '40001';
  end if;

  -- Warnings go with a settle, as in wflo.book: who only reserves has no verdict that could carry them.
  with booked as (
    update wflo.budget_window w
    set spent = wflo.kept(w.spent + l.charged), reserved = wflo.kept(w.reserved - l.held) + l.added, overrun = wflo.kept(w.overrun + l.more)
    from (
      select (v_lines[n]).budget_id as id, (v_lines[n]).kind, (v_lines[n]).start, v_charged[n] as charged, v_held[n] as held, v_overrun[n] as more,
        v_added[n] as added
      from generate_subscripts(v_lines, 1) n
    ) l
    where w.tenant = p_tenant and w.id = l.id and w.kind = l.kind and w.start = l.start
      and (l.charged <> 0 or l.held <> 0 or l.more <> 0 or l.added <> 0)
    returning w.id, w.kind, w.start, w.spent >= w.next_warning and (l.charged <> 0 or l.held <> 0) as is_due
  )
  select array_agg(b.id), array_agg(b.kind), array_agg(b.start) into v_due_ids, v_due_kinds, v_due_starts from booked b where b.is_due;
  if v_due_ids is not null then
    v_batch.verdicts := wflo.with_warnings(v_batch.verdicts, wflo.take_warnings(p_tenant, v_due_ids, v_due_kinds, v_due_starts));
  end if;
  return jsonb_build_object('settled', coalesce(to_jsonb(v_batch.verdicts), '[]'), 'grants', (
    select coalesce(jsonb_agg(g.amount::text order by g.n), '[]') from unnest(v_grants) with ordinality g (amount, n)
  ), 'windows', (
    select coalesce(jsonb_agg(wflo.window_json(row(
      l.budget_id, l.kind, l.start, l.cap, wflo.kept(l.spent + v_charged[l.n]), wflo.kept(l.reserved - v_held[l.n]) + v_added[l.n],
      wflo.kept(l.overrun + v_overrun[l.n]), 0, true, l.zone
    )::wflo.window_line) order by l.n), '[]')
    from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
    where l.fresh
  ));
end
$$;

-- The same in two commits and one round trip: the first does not wait for the disk, so that its locks are kept no longer than it works; the second
-- is empty and brings both to the disk before the answer leaves. For whoever may not call pg_logical_emit_message there is the function.
create procedure wflo.settle_and_reserve_early(
  p_tenant text, p_settlements jsonb, p_owners int[], p_ids text[], p_calls uuid[], p_of int[], p_bounds int8[], p_needs int8[],
  p_targets int8[], p_shares int8[], p_ttls int8[], p_epochs int8[], p_runs uuid[], p_steps text[], p_agents text[], p_checkpoints text[],
  p_threads text[], p_providers text[], p_models text[], inout answer jsonb
) language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  answer := wflo.settle_and_reserve(
    p_tenant, p_settlements, p_owners, p_ids, p_calls, p_of, p_bounds, p_needs, p_targets, p_shares, p_ttls, p_epochs, p_runs, p_steps, p_agents,
    p_checkpoints, p_threads, p_providers, p_models);
  commit;
  perform pg_logical_emit_message(true, 'wflo', '');
end
$$;
