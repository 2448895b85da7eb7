-- Leases: holds (provider wflo, model lease) on which a process holds its calls by itself. They are reserved, renewed, settled and expire as any hold.

-- A call that was held on a lease and is settled: wflo.settlement and wflo.ask in one.
create type wflo.leased_call as (
  call_id uuid, id uuid, kind wflo.entry_kind, cost int8, input_tokens int8, output_tokens int8, latency_ms int8, failed boolean, held int8, run uuid, step text,
  agent text, checkpoint text, thread text, provider text, model text, receipt jsonb
);

-- Books calls that were held on a lease, [wflo.leased_call]: an entry for each, on the budgets and in the windows of the lease, whose hold shrinks by what
-- they cost up to their own holds (what is above has no money set aside), and to p_keep where that is less. A call whose entry is there is left out, so that posting one
-- twice counts once. The hold of a lease that has expired was charged; its owner settles it once everything is posted, which takes that charge back.
-- Locks as elsewhere: the hold, then its windows; entries are written before those are waited for. Null when there never was such a lease.
create function wflo.post_leased(p_tenant text, p_lease uuid, p_keep int8, p_ttl_ms int8, p_calls jsonb)
returns jsonb language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_hold wflo.hold;
  v_closing wflo.entry;
  v_held boolean;
  v_at timestamptz := wflo.now();
  v_charged numeric;
  v_used numeric;
  v_overrun numeric;
  v_left int8;
  v_warnings jsonb;
begin
  select * into v_hold from wflo.hold h where h.tenant = p_tenant and h.call_id = p_lease for update;
  v_held := found;
  if not v_held then
    select * into v_closing from wflo.entry e where e.tenant = p_tenant and e.call_id = p_lease and wflo.is_closing(e.kind);
    if not found then
      return null;
    end if;
    v_hold.budget_ids := v_closing.budget_ids;
    v_hold.window_budget_ids := v_closing.window_budget_ids;
    v_hold.window_kinds := v_closing.window_kinds;
    v_hold.window_starts := v_closing.window_starts;
    v_hold.amount := 0;
  end if;

  with written as (
    insert into wflo.entry (
      tenant, id, call_id, kind, budget_ids, window_budget_ids, window_kinds, window_starts, held, charged, overrun, total, at, run_id, step,
      agent, checkpoint_id, thread, provider, model, receipt, input_tokens, output_tokens, latency_ms, failed
    )
    select p_tenant, c.id, c.call_id, c.kind, v_hold.budget_ids, v_hold.window_budget_ids, v_hold.window_kinds, v_hold.window_starts, c.held, c.cost,
      greatest(c.cost - c.held, 0), c.cost, v_at, c.run, c.step, c.agent, c.checkpoint, c.thread, c.provider, c.model, c.receipt,
      c.input_tokens, c.output_tokens, c.latency_ms, c.failed
    from jsonb_populate_recordset(null::wflo.leased_call, p_calls) c
    on conflict (tenant, id) do nothing
    returning held, charged, overrun
  )
  select coalesce(sum(w.charged), 0), coalesce(sum(least(w.charged, w.held)), 0), coalesce(sum(w.overrun), 0)
  into v_charged, v_used, v_overrun from written w;

  v_left := greatest(least(v_hold.amount - v_used, coalesce(p_keep, v_hold.amount)), 0)::int8;
  if v_charged <> 0 or v_left <> v_hold.amount then
    perform wflo.lock_windows(p_tenant, array[p_lease]);
    v_warnings := wflo.book(p_tenant, array(
      select row(u.id, u.kind, u.start, v_charged, v_hold.amount - v_left, v_overrun)::wflo.window_delta
      from unnest(v_hold.window_budget_ids, v_hold.window_kinds, v_hold.window_starts) u (id, kind, start)
    ));
  end if;
  if v_held then
    update wflo.hold h set amount = v_left, expires_at = wflo.now() + p_ttl_ms * interval '1 millisecond'
    where h.tenant = p_tenant and h.call_id = p_lease;
  end if;
  return jsonb_build_object(
    'isHeld', v_held, 'amount', v_left::text,
    'isWanted', coalesce(v_hold.wanted, false) or exists (
      select from wflo.budget b where b.tenant = p_tenant and b.id = any (v_hold.budget_ids) and b.paused
    ) or exists (
      select from unnest(v_hold.window_budget_ids, v_hold.window_kinds, v_hold.window_starts) u (id, kind, start)
      join wflo.budget b on b.tenant = p_tenant and b.id = u.id
      where u.kind <> 'total' and wflo.window_end(u.kind, u.start, b.zone) <= v_at
    ),
    'warnings', v_warnings
  );
end
$$;

-- Tells the owners of leases on any of these budgets that others wait for their money; how many were told anew.
create function wflo.recall(p_tenant text, p_budgets text[]) returns int8 language plpgsql as $$
declare
  v_leases uuid[];
begin
  v_leases := array(
    select h.call_id from wflo.hold h
    where h.tenant = p_tenant and h.provider = 'wflo' and h.model = 'lease' and h.budget_ids && p_budgets and not h.wanted
    order by h.call_id for update
  );
  if cardinality(v_leases) > 0 then
    update wflo.hold h set wanted = true where h.tenant = p_tenant and h.call_id = any (v_leases);
  end if;
  return cardinality(v_leases);
end
$$;
