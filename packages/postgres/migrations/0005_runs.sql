-- Runs and steps. The run row is locked first, then what settle locks.

-- Inserts a run, and its own budget unless there is one of that id. False when the run is there already.
create function wflo.create_run(
  p_tenant text, p_run uuid, p_workflow text, p_input text, p_budgets text[], p_tags text[], p_trace text, p_thread text,
  p_forked_run uuid, p_forked_checkpoint text, p_own_budget text, p_own_total int8
) returns jsonb language plpgsql as $$
declare
  v_at timestamptz := wflo.now();
begin
  insert into wflo.run (
    tenant, id, workflow, input, budget_ids, tags, trace_id, thread_id, forked_from_run, forked_from_checkpoint, status, epoch,
    created_at, heartbeat_at
  )
  values (
    p_tenant, p_run, p_workflow, p_input, p_budgets, p_tags, p_trace, p_thread, p_forked_run, p_forked_checkpoint,
    case when p_forked_run is null then 'running' else 'paused' end, 1, v_at, v_at
  )
  on conflict do nothing;
  if not found then
    return to_jsonb(false);
  end if;
  if p_own_budget is not null then
    insert into wflo.budget (tenant, id, cap_total) values (p_tenant, p_own_budget, p_own_total) on conflict do nothing;
  end if;
  return to_jsonb(true);
end
$$;

-- Takes a run, for a new execution or to work on it at rest, and closes what older epochs left open, in doubt. At rest it stays as it
-- is but for its epoch.
create function wflo.claim_run(p_tenant text, p_run uuid, p_take_over boolean, p_at_rest boolean, p_stale_ms int8)
returns jsonb language plpgsql as $$
declare
  v_at timestamptz;
  v_dead_at timestamptz;
  v_run wflo.run;
  v_calls uuid[];
  v_hold wflo.hold;
  v_ids uuid[] := '{}';
  v_warnings jsonb;
begin
  select * into v_run from wflo.run r where r.tenant = p_tenant and r.id = p_run for update;
  if not found then
    return jsonb_build_object('code', 'unknown');
  end if;
  v_at := wflo.now();
  v_dead_at := v_at - p_stale_ms * interval '1 millisecond';
  if v_run.status = 'completed' and not p_at_rest then
    return jsonb_build_object('code', 'completed');
  end if;
  if v_run.status = 'running' and not p_take_over and v_run.heartbeat_at > v_dead_at then
    return jsonb_build_object('code', 'alive',
      'heartbeatAgoMs', greatest((extract(epoch from v_at - v_run.heartbeat_at) * 1000)::int8, 0));
  end if;
  if p_at_rest then
    update wflo.run r set epoch = r.epoch + 1 where r.tenant = p_tenant and r.id = p_run
    returning r.* into v_run;
  else
    update wflo.run r
    set epoch = r.epoch + 1, status = 'running', heartbeat_at = v_at, ended_at = null, result = null, error = null
    where r.tenant = p_tenant and r.id = p_run
    returning r.* into v_run;
  end if;

  select array_agg(x.call_id) into v_calls from (
    select h.call_id from wflo.hold h
    where h.tenant = p_tenant and h.run_id = p_run and h.epoch < v_run.epoch
    order by h.call_id for update
  ) x;
  if v_calls is not null then
    perform wflo.lock_windows(p_tenant, v_calls);
    for v_hold in
      delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (v_calls) returning h.*
    loop
      v_ids := v_ids || wflo.close_unsettled(v_hold, 'doubt', v_hold.amount, 'the run was taken over while this call was open');
    end loop;
    v_warnings := wflo.book(p_tenant, wflo.deltas_of(p_tenant, v_ids));
  end if;
  return jsonb_build_object('code', 'claimed', 'run', to_jsonb(v_run),
    'stale', v_run.status = 'running' and v_run.heartbeat_at <= v_dead_at, 'warnings', v_warnings);
end
$$;

-- What identifies a saved step within its run. The hash of the path has a fixed length, so nothing runs together; no checkpoint is
-- unlike any checkpoint, the empty one too.
create function wflo.step_key(p_path text, p_checkpoint text) returns bytea language sql immutable as $$
  select sha256(sha256(convert_to(p_path, 'UTF8')) || coalesce('\x01'::bytea || convert_to(p_checkpoint, 'UTF8'), ''))
$$;

-- Settles, and saves the result of a step while the epoch is the run's. A settle is never refused. What this epoch had saved for the step
-- before stays, and is told.
create function wflo.commit_step(
  p_tenant text, p_run uuid, p_epoch int8, p_path text, p_checkpoint text, p_result text, p_took_ms float8, p_settlements jsonb
) returns jsonb language plpgsql as $$
declare
  v_epoch int8;
  v_settled jsonb;
  v_recorded text;
begin
  perform 1 from wflo.run r where r.tenant = p_tenant and r.id = p_run for key share;
  select r.epoch into v_epoch from wflo.run r where r.tenant = p_tenant and r.id = p_run;
  v_settled := wflo.settle_all(p_tenant, p_settlements);
  if v_epoch is distinct from p_epoch then
    return jsonb_build_object('code', 'superseded', 'settled', v_settled);
  end if;
  insert into wflo.step as s (tenant, run_id, key_hash, path, checkpoint_id, epoch, seq, result, took_ms, saved_at)
  select p_tenant, p_run, wflo.step_key(p_path, p_checkpoint), p_path, p_checkpoint, p_epoch, coalesce(max(x.seq), 0) + 1, p_result,
    p_took_ms, wflo.now()
  from wflo.step x where x.tenant = p_tenant and x.run_id = p_run
  on conflict (tenant, run_id, key_hash) do update
  set epoch = excluded.epoch, seq = excluded.seq, result = excluded.result, took_ms = excluded.took_ms, saved_at = excluded.saved_at
  where s.epoch < excluded.epoch;
  if not found then
    select s.result into v_recorded from wflo.step s
    where s.tenant = p_tenant and s.run_id = p_run and s.key_hash = wflo.step_key(p_path, p_checkpoint);
  end if;
  return jsonb_build_object('code', 'committed', 'settled', v_settled, 'recorded', v_recorded);
end
$$;
