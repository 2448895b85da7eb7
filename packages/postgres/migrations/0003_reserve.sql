-- Reserve. Identity before money, plain reads before locks, then locks in the one order:
-- run, budgets (and the windows they open), the replaced hold, windows, each sorted. The new hold is inserted last: nothing is
-- waited for after it, so a second reserve of the same id cannot close a circle.

-- What this call id already is: replay, conflict, closed, or null for a new one.
create function wflo.identity_of(p_tenant text, p_call uuid, p_ids text[], p_bound int8) returns jsonb language plpgsql as $$
declare
  v_hold wflo.hold;
begin
  select * into v_hold from wflo.hold h where h.tenant = p_tenant and h.call_id = p_call;
  if found then
    return case
      when not (v_hold.budget_ids @> p_ids and v_hold.budget_ids <@ p_ids) then jsonb_build_object('code', 'conflict', 'field', 'budgets')
      when v_hold.bound <> p_bound then jsonb_build_object('code', 'conflict', 'field', 'amount')
      else jsonb_build_object('code', 'replay', 'amount', v_hold.amount::text)
    end;
  end if;
  if exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call) then
    return jsonb_build_object('code', 'closed');
  end if;
  return null;
end
$$;

-- Every parent above these budgets: [{ budgetId, parent }], by ascending budget.
create function wflo.parents_of(p_tenant text, p_ids text[]) returns jsonb language sql stable as $$
  with recursive up (id, parent) as (
    select b.id, b.parent from wflo.budget b where b.tenant = p_tenant and b.id = any (p_ids) and b.parent is not null
    union
    select b.id, b.parent from up join wflo.budget b on b.tenant = p_tenant and b.id = up.parent where b.parent is not null
  )
  select coalesce(jsonb_agg(jsonb_build_object('budgetId', id, 'parent', parent) order by id), '[]') from up
$$;

-- Whether a call on p_ids, of which p_inherited are named as parents only, has the parents p_parents of its budgets and no others.
create function wflo.has_parents(p_ids text[], p_inherited text[], p_parents text[]) returns boolean language sql immutable as $$
  select p_ids @> coalesce(p_parents, '{}') and coalesce(p_parents, '{}') @> p_inherited
$$;

-- The windows of these budgets as they stand, unlocked, and what else may refuse a call before its money is asked for.
create function wflo.look(
  p_tenant text, p_ids text[], p_inherited text[], p_at timestamptz, p_replaced wflo.hold,
  out refusal jsonb, out lines wflo.window_line[], out unmade boolean, out charge_on_expiry boolean
) language plpgsql as $$
declare
  v_found int8;
  v_paused text;
  v_parents text[];
begin
  select count(distinct b.id), array_agg(b.parent) filter (where b.parent is not null), (array_agg(b.id order by array_position(p_ids, b.id)) filter (where b.paused))[1],
    coalesce(bool_or(b.on_expiry = 'charge'), true),
    coalesce(bool_or(k.kind is not null and w.id is null), false),
    coalesce(array_agg(row(
      b.id, k.kind, k.start, coalesce(w.cap, k.cap), coalesce(w.spent, 0), coalesce(w.reserved, 0), coalesce(w.overrun, 0),
      coalesce(r.credit, 0), true, b.zone
    )::wflo.window_line order by b.id, k.kind) filter (where k.kind is not null), '{}')
  into v_found, v_parents, v_paused, charge_on_expiry, unmade, lines
  from wflo.budget b
  left join lateral wflo.open_windows(b, p_at) k on true
  left join wflo.budget_window w on w.tenant = b.tenant and w.id = b.id and w.kind = k.kind and w.start = k.start
  left join lateral (
    select p_replaced.amount as credit
    from unnest(p_replaced.window_budget_ids, p_replaced.window_kinds, p_replaced.window_starts) u (id, kind, start)
    where u.id = b.id and u.kind = k.kind and u.start = k.start
  ) r on true
  where b.tenant = p_tenant and b.id = any (p_ids);
  if v_found < cardinality(p_ids) then
    select jsonb_build_object('code', 'missing', 'budgetId', i.id) into refusal
    from unnest(p_ids) with ordinality i (id, n)
    where not exists (select from wflo.budget b where b.tenant = p_tenant and b.id = i.id)
    order by i.n limit 1;
  elsif not wflo.has_parents(p_ids, p_inherited, v_parents) then
    refusal := jsonb_build_object('code', 'incomplete', 'parents', wflo.parents_of(p_tenant, array(
      select i.id from unnest(p_ids) i (id) where i.id <> all (p_inherited))));
  elsif v_paused is not null then
    refusal := jsonb_build_object('code', 'paused', 'budgetId', v_paused);
  end if;
end
$$;

-- Makes the windows that are missing, from caps that cannot change meanwhile.
create function wflo.make_windows(p_tenant text, p_ids text[], p_at timestamptz) returns void language plpgsql as $$
begin
  perform 1 from wflo.budget b where b.tenant = p_tenant and b.id = any (p_ids) order by b.id for share;
  insert into wflo.budget_window (tenant, id, kind, start, cap, next_warning)
  select b.tenant, b.id, k.kind, k.start, k.cap, wflo.next_warning(k.cap, 0, b.warn_at)
  from wflo.budget b cross join lateral wflo.open_windows(b, p_at) k
  where b.tenant = p_tenant and b.id = any (p_ids)
  order by b.id, k.kind, k.start
  on conflict do nothing;
end
$$;

-- Locks these windows and those of the replaced hold, in order, and returns them as they stand then.
create function wflo.lock_lines(p_tenant text, p_lines wflo.window_line[], p_replaced wflo.hold)
returns wflo.window_line[] language plpgsql as $$
declare
  v_lines wflo.window_line[];
begin
  select coalesce(array_agg(row(
    x.id, x.kind, x.start, x.cap, x.spent, x.reserved, x.overrun, x.credit, x.fresh, x.zone
  )::wflo.window_line order by x.id, x.kind, x.start), '{}')
  into v_lines
  from (
    select w.id, w.kind, w.start, w.cap, w.spent, w.reserved, w.overrun, k.credit, k.fresh, k.zone
    from (
      select u.budget_id, u.kind, u.start, sum(u.credit)::int8 as credit, bool_or(u.fresh) as fresh, max(u.zone) as zone
      from (
        select l.budget_id, l.kind, l.start, 0::int8 as credit, true as fresh, l.zone from unnest(p_lines) l
        union all
        select r.budget_id, r.kind, r.start, p_replaced.amount, false, null
        from unnest(p_replaced.window_budget_ids, p_replaced.window_kinds, p_replaced.window_starts) r (budget_id, kind, start)
      ) u
      group by u.budget_id, u.kind, u.start
    ) k
    join wflo.budget_window w
      on w.tenant = p_tenant and w.id = k.budget_id and w.kind = k.kind and w.start = k.start
    order by w.tenant, w.id, w.kind, w.start
    for update of w
  ) x;
  return v_lines;
end
$$;

-- The grant over these lines, null for a refusal.
create function wflo.grant_over(p_bound int8, p_need int8, p_target int8, p_share int8, p_lines wflo.window_line[])
returns int8 language plpgsql as $$
declare
  v_free int8[];
begin
  select coalesce(array_agg(wflo.free_of(p_lines[n])), '{}') into v_free
  from generate_subscripts(p_lines, 1) n where (p_lines[n]).fresh;
  return wflo.grant_of(p_bound, p_need, p_target, p_share, v_free);
end
$$;

-- Asks for money on every budget at once (distinct ids, in any order; p_inherited are those that nobody named). Returns the verdict of the port; money as text.
create function wflo.reserve(
  p_tenant text, p_call uuid, p_budgets text[], p_inherited text[], p_bound int8, p_need int8, p_target int8, p_share int8, p_ttl_ms int8,
  p_epoch int8, p_replaces uuid, p_run uuid, p_step text, p_agent text, p_checkpoint text, p_thread text, p_provider text, p_model text
) returns jsonb language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_at timestamptz := wflo.now();
  v_verdict jsonb;
  v_replaced wflo.hold;
  v_look record;
  v_lines wflo.window_line[];
  v_grant int8;
begin
  v_verdict := wflo.identity_of(p_tenant, p_call, p_budgets, p_bound);
  if v_verdict is not null then
    return v_verdict;
  end if;
  if p_epoch is not null and p_run is not null
    and exists (select from wflo.run r where r.tenant = p_tenant and r.id = p_run and r.epoch > p_epoch) then
    return jsonb_build_object('code', 'superseded');
  end if;
  if p_replaces is not null then
    select * into v_replaced from wflo.hold h where h.tenant = p_tenant and h.call_id = p_replaces;
  end if;

  -- Refused by a plain read: no lock, nothing written.
  select * into v_look from wflo.look(p_tenant, p_budgets, p_inherited, v_at, v_replaced);
  if v_look.refusal is not null then
    return v_look.refusal;
  end if;
  v_grant := wflo.grant_over(p_bound, p_need, p_target, p_share, v_look.lines);
  if v_grant is null then
    return wflo.refusal_of(p_bound, p_need, v_look.lines);
  end if;

  -- KEY SHARE lets heartbeats through and keeps a claim, which takes the row FOR UPDATE, from missing this hold.
  if p_epoch is not null and p_run is not null then
    perform 1 from wflo.run r where r.tenant = p_tenant and r.id = p_run for key share;
    if exists (select from wflo.run r where r.tenant = p_tenant and r.id = p_run and r.epoch > p_epoch) then
      return jsonb_build_object('code', 'superseded');
    end if;
  end if;
  if v_look.unmade then
    perform wflo.make_windows(p_tenant, p_budgets, v_at);
    -- Until they were locked the budgets may have got other caps or another zone, and with them other windows.
    select * into v_look from wflo.look(p_tenant, p_budgets, p_inherited, v_at, v_replaced);
    if v_look.refusal is not null then
      return v_look.refusal;
    end if;
  end if;
  if v_replaced.call_id is not null then
    select * into v_replaced from wflo.hold h where h.tenant = p_tenant and h.call_id = p_replaces for update;
  end if;
  v_lines := wflo.lock_lines(p_tenant, v_look.lines, v_replaced);
  v_grant := wflo.grant_over(p_bound, p_need, p_target, p_share, v_lines);
  if v_grant is null then
    return wflo.refusal_of(p_bound, p_need, v_lines);
  end if;

  insert into wflo.hold (
    tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
    run_id, epoch, step, agent, checkpoint_id, thread, provider, model
  )
  select p_tenant, p_call, p_budgets, coalesce(array_agg(l.budget_id), '{}'), coalesce(array_agg(l.kind), '{}'),
    coalesce(array_agg(l.start), '{}'), v_grant, p_bound, v_look.charge_on_expiry,
    wflo.now() + p_ttl_ms * interval '1 millisecond', p_run, p_epoch, p_step, p_agent, p_checkpoint, p_thread,
    p_provider, p_model
  from unnest(v_lines) l where l.fresh
  on conflict do nothing;
  if not found then
    v_verdict := wflo.identity_of(p_tenant, p_call, p_budgets, p_bound);
    if v_verdict is null then
      raise exception 'wflo: call % was replaced meanwhile', p_call using errcode = '40001';
    end if;
    return v_verdict;
  end if;
  -- The same id may have been reserved and settled by another connection since the identity check.
  if exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = p_call) then
    delete from wflo.hold h where h.tenant = p_tenant and h.call_id = p_call;
    return jsonb_build_object('code', 'closed');
  end if;

  update wflo.budget_window w
  set reserved = greatest(w.reserved - l.credit, 0) + case when l.fresh then v_grant else 0 end
  from unnest(v_lines) l
  where w.tenant = p_tenant and w.id = l.budget_id and w.kind = l.kind and w.start = l.start;
  if v_replaced.call_id is not null then
    delete from wflo.hold h where h.tenant = p_tenant and h.call_id = p_replaces;
  end if;
  return jsonb_build_object('code', 'granted', 'amount', v_grant::text, 'windows', (
    select coalesce(jsonb_agg(wflo.window_json(row(
      l.budget_id, l.kind, l.start, l.cap, l.spent, greatest(l.reserved - l.credit, 0) + v_grant, l.overrun, 0, true, l.zone
    )::wflo.window_line) order by n), '[]')
    from unnest(v_lines) with ordinality l (budget_id, kind, start, cap, spent, reserved, overrun, credit, fresh, zone, n)
    where l.fresh
  ));
end
$$;
