-- Reserve for many calls at once: one lock and one update for each window, however many calls ask. It grants exactly what wflo.reserve would,
-- asked for one after the other in this order; what that would not grant, or has to look at more closely, is left out and asked for alone.

-- The windows of these budgets that are open at a time, locked in order.
create function wflo.lock_open_windows(p_tenant text, p_ids text[], p_at timestamptz) returns wflo.window_line[] language plpgsql as $$
declare
  v_open wflo.window_line[];
  v_unmade boolean;
begin
  select coalesce(array_agg(row(b.id, k.kind, k.start, k.cap, 0, 0, 0, 0, true, b.zone)::wflo.window_line), '{}'), coalesce(bool_or(w.id is null), false)
  into v_open, v_unmade
  from wflo.budget b
  cross join lateral wflo.open_windows(b, p_at) k
  left join wflo.budget_window w on w.tenant = b.tenant and w.id = b.id and w.kind = k.kind and w.start = k.start
  where b.tenant = p_tenant and b.id = any (p_ids);
  if v_unmade then
    perform wflo.make_windows(p_tenant, p_ids, p_at);
  end if;
  return wflo.lock_lines(p_tenant, v_open, null);
end
$$;

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

-- p_ids are the budgets of all calls, p_owners the places of the calls that they are of, ascending. Early: the commit does not wait for the
-- disk, and whoever asked must make a durable commit of its own before it relies on it.
-- Returns { grants: [amount or null], windows: [as they stand then] }.
create function wflo.reserve_many(
  p_tenant text, p_calls uuid[], p_owners int[], p_ids text[], p_bounds int8[], p_needs int8[], p_targets int8[], p_shares int8[],
  p_ttls int8[], p_epochs int8[], p_runs uuid[], p_steps text[], p_agents text[], p_checkpoints text[], p_threads text[],
  p_providers text[], p_models text[], p_early boolean
) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_at timestamptz := wflo.now();
  v_usable text[];
  v_known uuid[];
  v_lost uuid[];
  v_lines wflo.window_line[];
  v_of text[];
  v_free int8[];
  v_added int8[];
  v_grants int8[] := array_fill(null::int8, array[cardinality(p_calls)]);
  v_granted uuid[] := '{}';
  v_own int[];
  v_asked int8[];
  v_is_usable boolean;
  v_line int;
  v_place int := 1;
  v_count int8;
begin
  select coalesce(array_agg(b.id), '{}') into v_usable
  from wflo.budget b where b.tenant = p_tenant and b.id = any (p_ids) and not b.paused;
  v_lost := wflo.lost_runs(p_tenant, p_runs, p_epochs);
  v_known := wflo.known_calls(p_tenant, p_calls);
  v_lines := wflo.lock_open_windows(p_tenant, v_usable, v_at);
  select coalesce(array_agg((l).budget_id order by n), '{}'), coalesce(array_agg(wflo.free_of(l) order by n), '{}'),
    coalesce(array_agg(0::int8), '{}')
  into v_of, v_free, v_added
  from (select v_lines[n] as l, n from generate_subscripts(v_lines, 1) n) x;

  for v_call in 1 .. cardinality(p_calls) loop
    v_own := '{}';
    v_asked := '{}';
    v_is_usable := p_calls[v_call] <> all (v_known) and coalesce(p_runs[v_call] <> all (v_lost), true);
    while v_place <= cardinality(p_owners) and p_owners[v_place] = v_call loop
      v_is_usable := v_is_usable and p_ids[v_place] = any (v_usable);
      v_line := array_position(v_of, p_ids[v_place]);
      while v_line is not null and v_line <= cardinality(v_of) and v_of[v_line] = p_ids[v_place] loop
        v_own := v_own || v_line;
        v_asked := v_asked || v_free[v_line];
        v_line := v_line + 1;
      end loop;
      v_place := v_place + 1;
    end loop;
    continue when not v_is_usable;
    v_grants[v_call] := wflo.grant_of(p_bounds[v_call], p_needs[v_call], p_targets[v_call], p_shares[v_call], v_asked);
    continue when v_grants[v_call] is null;
    v_granted := v_granted || p_calls[v_call];
    foreach v_line in array v_own loop
      v_free[v_line] := v_free[v_line] - v_grants[v_call];
      v_added[v_line] := v_added[v_line] + v_grants[v_call];
    end loop;
  end loop;

  insert into wflo.hold (
    tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
    run_id, epoch, step, agent, checkpoint_id, thread, provider, model
  )
  select p_tenant, p_calls[c.n], coalesce(o.ids, '{}'), coalesce(w.ids, '{}'), coalesce(w.kinds, '{}'), coalesce(w.starts, '{}'),
    v_grants[c.n], p_bounds[c.n], coalesce(o.charge, true), wflo.now() + p_ttls[c.n] * interval '1 millisecond',
    p_runs[c.n], p_epochs[c.n], p_steps[c.n], p_agents[c.n], p_checkpoints[c.n], p_threads[c.n], p_providers[c.n], p_models[c.n]
  from generate_subscripts(p_calls, 1) c (n)
  left join (
    select u.n, array_agg(u.id order by u.place) as ids, bool_or(b.on_expiry = 'charge') as charge
    from unnest(p_owners, p_ids) with ordinality u (n, id, place)
    join wflo.budget b on b.tenant = p_tenant and b.id = u.id
    group by u.n
  ) o on o.n = c.n
  left join (
    select u.n, array_agg(l.budget_id order by l.place) as ids, array_agg(l.kind order by l.place) as kinds,
      array_agg(l.start order by l.place) as starts
    from unnest(p_owners, p_ids) u (n, id)
    join unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, place)
      on l.budget_id = u.id
    group by u.n
  ) w on w.n = c.n
  where v_grants[c.n] is not null
  on conflict do nothing;
  get diagnostics v_count = row_count;
  -- The same id may have been reserved, or reserved and settled, by another connection since it was looked for.
  if v_count < cardinality(v_granted)
    or exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (v_granted)) then
    raise exception 'wflo: a call of a batch was reserved meanwhile' using errcode = '40001';
  end if;
  update wflo.budget_window w set reserved = w.reserved + v_added[l.place]
  from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, place)
  where w.tenant = p_tenant and w.id = l.budget_id and w.kind = l.kind and w.start = l.start and v_added[l.place] > 0;
  if p_early then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  return jsonb_build_object('grants', (
    select jsonb_agg(g.amount::text order by g.n) from unnest(v_grants) with ordinality g (amount, n)
  ), 'windows', (
    select coalesce(jsonb_agg(wflo.window_json(row(
      l.budget_id, l.kind, l.start, l.cap, l.spent, l.reserved + v_added[l.place], l.overrun, 0, true, l.zone
    )::wflo.window_line) order by l.place), '[]')
    from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, place)
  ));
end
$$;
