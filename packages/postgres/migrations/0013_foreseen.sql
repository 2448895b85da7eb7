-- Settle and reserve for many calls at once, where a process foresees what becomes of all of them: each settlement closes an open hold, each call gets
-- its bound, on budgets that are as it was told last. Then nothing is decided here; a few statements do it, and each looks at whether it is so. Where it is
-- not, nothing may stay of it, and wflo.settle_and_reserve is asked the same.

-- A window in which calls of such a batch ask for money: what they get together, and what must be free for that, so that wflo.grant_of would give each
-- its bound, whatever their order.
create type wflo.foreseen_line as (id text, kind text, start timestamptz, added int8, floor int8);

-- The settlements of these calls (without receipts, which are a list beside them), all in the order of the calls. The calls that ask [wflo.ask], sorted, of
-- sets with their windows. Those windows as lines, in lock order. The budgets of the sets and their versions, sorted, and the time in which those windows
-- are open. The runs of the calls, and the least epoch of each.
--
-- answer: what each settlement charged, then how much of each was above its hold, then the caps, spent, reserved and overruns of the lines; null where it is
-- not as foreseen: the caller rolls back. warnings: those that are due.
create function wflo.foresee(
  p_tenant text, p_closing uuid[], p_settlements wflo.settlement[], p_receipts jsonb, p_asking uuid[], p_asks wflo.ask[], p_sets wflo.budget_set[],
  p_lines wflo.foreseen_line[], p_budgets text[], p_versions text[], p_from timestamptz, p_until timestamptz, p_runs uuid[], p_epochs int8[],
  out answer int8[], out warnings jsonb
) language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := wflo.now();
  v_deltas wflo.window_delta[];
  v_charged int8[] := '{}';
  v_overruns int8[] := '{}';
  v_places tid[];
  v_spent int8[];
  v_reserved int8[];
  v_overrun int8[];
  v_states int8[];
  v_fits boolean;
  v_due_ids text[];
  v_due_kinds text[];
  v_due_starts timestamptz[];
  v_lost boolean;
  v_count int8;
begin
  if v_now < p_from or v_now >= p_until then
    return;
  end if;
  if p_runs <> '{}' then
    -- As in wflo.lost_runs.
    select bool_or(x.epoch > p_epochs[array_position(p_runs, x.id)]) into v_lost from (
      select r.id, r.epoch from wflo.run r where r.tenant = p_tenant and r.id = any (p_runs) order by r.id for key share
    ) x;
    if v_lost then
      return;
    end if;
  end if;

  if p_closing <> '{}' then
    with held as (
      select h.* from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_closing) order by h.call_id for update
    ), written as (
      insert into wflo.entry as e (
        tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, run_id, step,
        agent, checkpoint_id, thread, provider, model, receipt, input_tokens, output_tokens, latency_ms, failed
      )
      select p_tenant, (x.how).id, h.call_id, (x.how).kind, h.budget_ids, h.window_budget_ids, h.window_kinds, h.window_starts, h.amount, c.charged,
        greatest(c.charged - h.amount, 0), c.charged, v_now, h.run_id, h.step, h.agent, h.checkpoint_id, h.thread, h.provider, h.model,
        p_receipts -> (x.place - 1), (x.how).input_tokens, (x.how).output_tokens, (x.how).latency_ms, (x.how).failed
      from held h
      cross join lateral (select array_position(p_closing, h.call_id) as place offset 0) p
      cross join lateral (select p.place, p_settlements[p.place] as how offset 0) x
      cross join lateral (select coalesce((x.how).cost, h.amount) as charged) c
      returning e.call_id, e.held, e.charged, e.overrun, e.window_budget_ids, e.window_kinds, e.window_starts
    )
    select coalesce(array_agg(w.charged order by w.call_id), '{}'), coalesce(array_agg(w.overrun order by w.call_id), '{}'), array(
      select row(u.id, u.kind, u.start, d.charged, d.held, d.overrun)::wflo.window_delta
      from (
        select x.window_budget_ids as ids, x.window_kinds as kinds, x.window_starts as starts, sum(x.charged) as charged, sum(x.held) as held,
          sum(x.overrun) as overrun
        from written x group by x.window_budget_ids, x.window_kinds, x.window_starts
      ) d, unnest(d.ids, d.kinds, d.starts) u (id, kind, start)
    )
    into v_charged, v_overruns, v_deltas
    from written w;
    if cardinality(v_charged) < cardinality(p_closing) then
      return;
    end if;
  end if;

  -- Each window is looked up by its whole key, and locked, in the order of the list, as in wflo.lock_lines.
  select array_agg(w.ctid), array_agg(w.spent + k.charged), array_agg(w.reserved - k.held + k.added), array_agg(w.overrun + k.overrun),
    bool_and(w.ctid is not null and (k.floor is null or w.cap - w.spent - k.charged - w.reserved + k.held >= k.floor)),
    array_agg(w.cap) filter (where k.floor is not null) || array_agg(w.spent + k.charged) filter (where k.floor is not null)
      || array_agg(w.reserved - k.held + k.added) filter (where k.floor is not null) || array_agg(w.overrun + k.overrun) filter (where k.floor is not null),
    array_agg(k.id) filter (where k.settled and w.spent + k.charged >= w.next_warning),
    array_agg(k.kind) filter (where k.settled and w.spent + k.charged >= w.next_warning),
    array_agg(k.start) filter (where k.settled and w.spent + k.charged >= w.next_warning)
  into v_places, v_spent, v_reserved, v_overrun, v_fits, v_states, v_due_ids, v_due_kinds, v_due_starts
  from (
    select u.id, u.kind, u.start, bool_or(u.settled) as settled, sum(u.charged)::int8 as charged, sum(u.held)::int8 as held, sum(u.overrun)::int8 as overrun,
      sum(u.added)::int8 as added, max(u.floor) as floor
    from (
      select d.id, d.kind, d.start, true as settled, d.charged, d.held, d.overrun, 0::int8 as added, null::int8 as floor from unnest(v_deltas) d
      union all
      select l.id, l.kind, l.start, false, 0, 0, 0, l.added, l.floor from unnest(p_lines) l
    ) u
    group by u.id, u.kind, u.start
    order by u.id collate "C", u.kind collate "C", u.start
  ) k
  left join lateral (
    select b.ctid, b.cap, b.spent, b.reserved, b.overrun, b.next_warning from wflo.budget_window b
    where b.tenant = p_tenant and b.id = k.id and b.kind = k.kind and b.start = k.start
    for update
  ) w on true;
  if not v_fits then
    return;
  end if;
  -- Their rows are locked, and stay where they are: no index can be used for these conditions. A hold is deleted only now: see wflo.reserve.
  with gone as (
    delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (p_closing)
  )
  update wflo.budget_window w
  set spent = v_spent[array_position(v_places, w.ctid)], reserved = v_reserved[array_position(v_places, w.ctid)],
    overrun = v_overrun[array_position(v_places, w.ctid)]
  where w.ctid = any (v_places) and w.tenant is not distinct from p_tenant;
  get diagnostics v_count = row_count;
  if v_count < cardinality(v_places) then
    raise exception 'wflo: a locked window is not where it was';
  end if;

  if p_asking <> '{}' then
    insert into wflo.hold (
      tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
      run_id, epoch, step, agent, checkpoint_id, thread, provider, model
    )
    select p_tenant, a.call, (s.one).ids, (s.one).window_ids, (s.one).kinds, (s.one).starts, a.bound, a.bound, (s.one).charge,
      wflo.now() + a.ttl * interval '1 millisecond', a.run, a.epoch, a.step, a.agent, a.checkpoint, a.thread, a.provider, a.model
    from unnest(p_asks) a
    cross join lateral (select p_sets[a.of] as one offset 0) s
    where (
      select coalesce(array_agg(b.xmin::text order by b.id), '{}') from wflo.budget b where b.tenant = p_tenant and b.id = any (p_budgets)
    ) = p_versions;
    get diagnostics v_count = row_count;
    -- Looked at once the keys are taken, as in wflo.hold_many.
    if v_count < cardinality(p_asking) or exists (
      select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (p_asking)) then
      return;
    end if;
  end if;
  if v_due_ids is not null then
    warnings := wflo.take_warnings(p_tenant, v_due_ids, v_due_kinds, v_due_starts);
  end if;
  answer := v_charged || v_overruns || coalesce(v_states, '{}');
end
$$;

-- For whoever cannot roll back by itself.
create function wflo.settle_and_reserve_foreseen(
  p_tenant text, p_closing uuid[], p_settlements wflo.settlement[], p_receipts jsonb, p_asking uuid[], p_asks wflo.ask[], p_sets wflo.budget_set[],
  p_lines wflo.foreseen_line[], p_budgets text[], p_versions text[], p_from timestamptz, p_until timestamptz, p_runs uuid[], p_epochs int8[],
  out answer int8[], out warnings jsonb
) language plpgsql as $$
declare
  v_found record;
begin
  v_found := wflo.foresee(p_tenant, p_closing, p_settlements, p_receipts, p_asking, p_asks, p_sets, p_lines, p_budgets, p_versions, p_from, p_until,
    p_runs, p_epochs);
  answer := v_found.answer;
  warnings := v_found.warnings;
  if answer is null then
    raise exception 'wflo: it is not as foreseen';
  end if;
end
$$;

-- The same in two commits and one round trip, as wflo.settle_and_reserve_early; null, and nothing done, where it is not as foreseen.
create procedure wflo.settle_and_reserve_foreseen_early(
  p_tenant text, p_closing uuid[], p_settlements wflo.settlement[], p_receipts jsonb, p_asking uuid[], p_asks wflo.ask[], p_sets wflo.budget_set[],
  p_lines wflo.foreseen_line[], p_budgets text[], p_versions text[], p_from timestamptz, p_until timestamptz, p_runs uuid[], p_epochs int8[],
  inout answer int8[], inout warnings jsonb
) language plpgsql as $$
declare
  v_found record;
begin
  rollback;
  set transaction isolation level read committed;
  perform set_config('synchronous_commit', 'off', true);
  v_found := wflo.foresee(p_tenant, p_closing, p_settlements, p_receipts, p_asking, p_asks, p_sets, p_lines, p_budgets, p_versions, p_from, p_until,
    p_runs, p_epochs);
  answer := v_found.answer;
  warnings := v_found.warnings;
  if answer is null then
    rollback;
    return;
  end if;
  commit;
  perform pg_logical_emit_message(true, 'wflo', '');
end
$$;
