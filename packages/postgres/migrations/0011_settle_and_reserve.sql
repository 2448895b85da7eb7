-- Settle and reserve for many calls at once: one lock and one update for each window, however many calls are in it. It settles first, in the order
-- given, then grants exactly what wflo.reserve would, asked for one after the other; what that would not grant, or has to look at more closely,
-- is left out and asked for alone.
--
-- Each statement, however little it does, takes 30 to 100 microseconds to begin: what can be worked out on a few lines is worked out in variables.

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

-- A call that reserves. of is the number of its set of budgets; is_old says that its id may be known; bound, need, target and share are those of wflo.grant_of, ttl is in milliseconds.
create type wflo.ask as (
  call uuid, is_old boolean, "of" int, bound int8, need int8, target int8, share int8, ttl int8, run uuid, epoch int8, step text, agent text, checkpoint text,
  thread text, provider text, model text
);

-- The runs of these calls that somebody took over since the epoch of the call. Locked: KEY SHARE lets heartbeats through and keeps a claim from missing
-- the holds that come next.
create function wflo.lost_runs(p_tenant text, p_asks wflo.ask[]) returns uuid[] language plpgsql as $$
declare
  v_ids uuid[];
  v_epochs int8[];
begin
  select array_agg(x.id), array_agg(x.epoch) into v_ids, v_epochs from (
    select r.id, r.epoch from wflo.run r
    where r.tenant = p_tenant and r.id = any (array(select a.run from unnest(p_asks) a)) order by r.id for key share
  ) x;
  return array(
    select a.run from unnest(p_asks) a join unnest(v_ids, v_epochs) r (id, epoch) on r.id = a.run where r.epoch > a.epoch
  );
end
$$;

-- Of budgets that calls ask for: on which a call may be held, which of them charge what expires, which have parents and which these are, and the windows
-- that are open.
create type wflo.open_budgets as (usable text[], charging text[], children text[], parents text[], lines wflo.window_line[]);

-- These budgets at a time, fresh and not locked; windows are made where they are missing.
create function wflo.open_lines(p_tenant text, p_ids text[], p_at timestamptz) returns wflo.open_budgets language plpgsql as $$
declare
  v_open wflo.open_budgets;
  v_unmade boolean;
begin
  select coalesce(array_agg(distinct b.id), '{}'), coalesce(array_agg(distinct b.id) filter (where b.on_expiry = 'charge'), '{}'),
    array_agg(b.id) filter (where b.parent is not null), array_agg(b.parent) filter (where b.parent is not null),
    coalesce(array_agg(row(b.id, k.kind, k.start, k.cap, 0, 0, 0, 0, true, b.zone)::wflo.window_line) filter (where k.kind is not null), '{}'),
    coalesce(bool_or(k.kind is not null and w.made is null), false)
  into v_open.usable, v_open.charging, v_open.children, v_open.parents, v_open.lines, v_unmade
  from wflo.budget b
  left join lateral wflo.open_windows(b, p_at) k on true
  left join lateral (
    select true as made from wflo.budget_window w where w.tenant = b.tenant and w.id = b.id and w.kind = k.kind and w.start = k.start limit 1
  ) w on true
  where b.tenant = p_tenant and b.id = any (p_ids) and not b.paused;
  if v_unmade then
    perform wflo.make_windows(p_tenant, v_open.usable, p_at);
    -- Until they were locked the budgets may have got other caps or another zone, and with them other windows.
    return wflo.open_lines(p_tenant, p_ids, p_at);
  end if;
  return v_open;
end
$$;

-- A window of a batch, locked, as it stands once the batch has settled. place is where its row is, fresh: calls may reserve in it; settled: the batch has settled in it; due: that
-- warns.
create type wflo.batch_line as (
  place tid, id text, kind text, start timestamptz, zone text, fresh boolean, cap int8, spent int8, reserved int8, overrun int8, free int8, settled boolean,
  due boolean
);

-- The windows of these calls, in which nothing changes yet.
create function wflo.unchanged(p_tenant text, p_calls uuid[]) returns wflo.window_delta[] language plpgsql as $$
begin
  return array(
    select row(u.id, u.kind, u.start, 0, 0, 0)::wflo.window_delta
    from wflo.hold h, unnest(h.window_budget_ids, h.window_kinds, h.window_starts) u (id, kind, start)
    where h.tenant = p_tenant and h.call_id = any (p_calls)
    union all
    select row(u.id, u.kind, u.start, 0, 0, 0)::wflo.window_delta
    from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
    where e.tenant = p_tenant and e.call_id = any (p_calls)
  );
end
$$;

-- Locks the windows of these lines and deltas, in order, and returns them. Each is looked up by its whole key, in the order of the list; texts out of lists
-- follow the collation of the database, unlike those of tables.
create function wflo.lock_lines(p_tenant text, p_lines wflo.window_line[], p_deltas wflo.window_delta[])
returns wflo.batch_line[] language plpgsql as $$
begin
  return array(
    select row(w.ctid, k.id, k.kind, k.start, k.zone, k.fresh, w.cap, x.spent, x.reserved, x.overrun, greatest(w.cap::numeric - x.spent - x.reserved, -1)::int8,
      k.settled, coalesce(k.settled and x.spent >= w.next_warning, false))::wflo.batch_line
    from (
      select u.id, u.kind, u.start, max(u.zone) as zone, bool_or(u.fresh) as fresh, bool_or(not u.fresh) as settled, sum(u.charged) as charged,
        sum(u.held) as held, sum(u.overrun) as overrun
      from (
        select l.budget_id as id, l.kind, l.start, l.zone, true as fresh, 0::numeric as charged, 0::numeric as held, 0::numeric as overrun
        from unnest(p_lines) l
        union all
        select d.id, d.kind, d.start, null, false, d.charged, d.held, d.overrun from unnest(p_deltas) d
      ) u
      group by u.id, u.kind, u.start
      order by u.id collate "C", u.kind collate "C", u.start
    ) k
    cross join lateral (
      select b.ctid, b.cap, b.spent, b.reserved, b.overrun, b.next_warning from wflo.budget_window b
      where b.tenant = p_tenant and b.id = k.id and b.kind = k.kind and b.start = k.start
      for update
    ) w
    cross join lateral (
      select wflo.kept(w.spent + k.charged) as spent, wflo.kept(w.reserved - k.held) as reserved, wflo.kept(w.overrun + k.overrun) as overrun
    ) x
  );
end
$$;

-- Budgets that calls name, of which inherited are named as parents only, and what is found of them: where their lines are in the list of all, and their
-- open windows in lock order.
create type wflo.budget_set as (
  ids text[], inherited text[], usable boolean, charge boolean, places int[], window_ids text[], kinds text[], starts timestamptz[]
);

-- Whether a call may be held on a set. What lacks a parent, or has one too many, is asked for alone.
create function wflo.is_usable(p_ids text[], p_inherited text[], p_open wflo.open_budgets) returns boolean language plpgsql as $$
begin
  if p_open.children is null and p_inherited = '{}' then
    return p_ids <@ p_open.usable;
  end if;
  return p_ids <@ p_open.usable and wflo.has_parents(p_ids, p_inherited, array(
    select c.parent from unnest(p_open.children, p_open.parents) c (id, parent) where c.id = any (p_ids)));
end
$$;

-- These sets with what is found of them. Most batches have one.
create function wflo.found_sets(p_sets wflo.budget_set[], p_open wflo.open_budgets, p_lines wflo.batch_line[])
returns wflo.budget_set[] language plpgsql as $$
declare
  v_set wflo.budget_set;
  v_line wflo.batch_line;
begin
  if cardinality(p_sets) > 1 then
    return array(
      select row(s.ids, s.inherited, wflo.is_usable(s.ids, s.inherited, p_open), s.ids && p_open.charging or s.ids = '{}', coalesce(l.places, '{}'),
        coalesce(l.ids, '{}'), coalesce(l.kinds, '{}'), coalesce(l.starts, '{}'))::wflo.budget_set
      from unnest(p_sets) with ordinality s
      left join (
        select o.owner, array_agg(l.n::int order by l.n) as places, array_agg(l.id order by l.n) as ids, array_agg(l.kind order by l.n) as kinds,
          array_agg(l.start order by l.n) as starts
        from (select s.ordinality as owner, unnest(s.ids) as id from unnest(p_sets) with ordinality s) o
        join unnest(p_lines) with ordinality l (place, id, kind, start, zone, fresh, cap, spent, reserved, overrun, free, settled, due, n)
          on l.id = o.id and l.fresh
        group by o.owner
      ) l on l.owner = s.ordinality
      order by s.ordinality
    );
  end if;
  v_set := p_sets[1];
  v_set.usable := wflo.is_usable(v_set.ids, v_set.inherited, p_open);
  v_set.charge := v_set.ids && p_open.charging or v_set.ids = '{}';
  v_set.places := '{}';
  v_set.window_ids := '{}';
  v_set.kinds := '{}';
  v_set.starts := '{}';
  for v_place in 1 .. cardinality(p_lines) loop
    v_line := p_lines[v_place];
    continue when not v_line.fresh;
    v_set.places := v_set.places || v_place;
    v_set.window_ids := v_set.window_ids || v_line.id;
    v_set.kinds := v_set.kinds || v_line.kind;
    v_set.starts := v_set.starts || v_line.start;
  end loop;
  return array[v_set];
end
$$;

-- Writes the holds of what is granted, null for the rest, sorted. The same id may have been reserved, or reserved and settled, by another connection since it was
-- looked for: either undoes the batch.
create function wflo.hold_many(p_tenant text, p_sets wflo.budget_set[], p_asks wflo.ask[], p_grants int8[], p_granted uuid[])
returns void language plpgsql as $$
begin
  insert into wflo.hold (
    tenant, call_id, budget_ids, window_budget_ids, window_kinds, window_starts, amount, bound, charge_on_expiry, expires_at,
    run_id, epoch, step, agent, checkpoint_id, thread, provider, model
  )
  select p_tenant, a.call, s.ids, s.window_ids, s.kinds, s.starts, a.amount, a.bound, s.charge, wflo.now() + a.ttl * interval '1 millisecond',
    a.run, a.epoch, a.step, a.agent, a.checkpoint, a.thread, a.provider, a.model
  from unnest(p_asks, p_grants)
    a (call, is_old, owner, bound, need, target, share, ttl, run, epoch, step, agent, checkpoint, thread, provider, model, amount)
  join unnest(p_sets) with ordinality s on s.ordinality = a.owner
  where a.amount is not null
  order by a.call;
  if exists (select from wflo.entry e where e.tenant = p_tenant and e.call_id = any (p_granted)) then
    raise exception 'wflo: a call of a batch is closed';
  end if;
end
$$;

-- Settlements [wflo.settlement], sets of budgets [{ ids, inherited }] and the calls that ask for money on them [wflo.ask]. No call may be in both lists.
-- Returns { closed: [call that was settled], charged: [amount], overruns: [amount], settled: [verdict of each] where those say not all,
-- warnings: those that are due, grants: [amount or null], windows: [those of what is granted, as they stand then], versions: { budget: its version },
-- charging: [budgets that charge what expires] }; null for a list of nothing. A version is the transaction that wrote the budget last: with another one,
-- nothing of this may be taken for true.
create function wflo.settle_and_reserve(p_tenant text, p_settlements jsonb, p_sets jsonb, p_asks jsonb)
returns jsonb language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_settlements wflo.settlement[];
  v_asks wflo.ask[];
  v_ask wflo.ask;
  v_lost uuid[] := '{}';
  v_known uuid[] := '{}';
  v_open wflo.open_budgets;
  v_versions jsonb;
  v_settled wflo.settled_calls;
  v_is_whole boolean := true;
  v_rest record;
  v_verdicts jsonb[];
  v_lines wflo.batch_line[];
  v_line wflo.batch_line;
  v_places tid[] := '{}';
  v_ids text[];
  v_kinds text[];
  v_starts timestamptz[];
  v_spent int8[];
  v_reserved int8[];
  v_overruns int8[];
  v_count int8;
  v_free int8[];
  v_added int8[];
  v_sets wflo.budget_set[];
  v_set wflo.budget_set;
  v_number int;
  v_place int;
  v_grants int8[];
  v_granted uuid[] := '{}';
  v_least int8;
  v_grant int8;
  v_windows jsonb[] := '{}';
  v_due boolean := false;
  v_warnings jsonb;
begin
  if p_asks <> '[]' then
    v_asks := array(select a from jsonb_populate_recordset(null::wflo.ask, p_asks) a);
    v_sets := array(select s from jsonb_populate_recordset(null::wflo.budget_set, p_sets) s);
    if jsonb_path_exists(p_asks, '$[*].run') then
      v_lost := wflo.lost_runs(p_tenant, v_asks);
    end if;
    -- Before they are read: what is told of a budget may be newer than its version, never older.
    v_versions := (
      select jsonb_object_agg(b.id, b.xmin::text) from wflo.budget b
      where b.tenant = p_tenant and b.id = any (array(select unnest(s.ids) from unnest(v_sets) s))
    );
    v_open := wflo.open_lines(p_tenant, array(select unnest(s.ids) from unnest(v_sets) s), wflo.now());
  end if;
  if p_settlements <> '[]' then
    v_settlements := array(select s from jsonb_populate_recordset(null::wflo.settlement, p_settlements) s);
    v_settled := wflo.settle_held(p_tenant, v_settlements);
    v_is_whole := cardinality(v_settled.closed) = cardinality(v_settlements);
  end if;
  v_lines := wflo.lock_lines(p_tenant, v_open.lines, case when v_is_whole then v_settled.deltas
    else v_settled.deltas || wflo.unchanged(p_tenant, v_settled.known) end);
  if cardinality(v_settled.closed) > 0 then
    delete from wflo.hold h where h.tenant = p_tenant and h.call_id = any (v_settled.closed);
  end if;
  if not v_is_whole then
    v_rest := wflo.settle_rest(p_tenant, v_settlements, v_settled);
    v_verdicts := v_rest.verdicts;
    v_lines := wflo.lock_lines(p_tenant, v_open.lines, v_rest.deltas);
  end if;

  v_added := array_fill(null::int8, array[cardinality(v_lines)]);
  foreach v_line in array v_lines loop
    v_free := v_free || v_line.free;
    v_due := v_due or v_line.due;
  end loop;
  if p_asks <> '[]' then
    if jsonb_path_exists(p_asks, '$[*].is_old') then
      v_known := wflo.known_calls(p_tenant, array(select a.call from unnest(v_asks) a where a.is_old));
    end if;
    v_sets := wflo.found_sets(v_sets, v_open, v_lines);
    v_grants := array_fill(null::int8, array[cardinality(v_asks)]);
    for v_call in 1 .. cardinality(v_asks) loop
      v_ask := v_asks[v_call];
      if v_number is distinct from v_ask.of then
        v_number := v_ask.of;
        v_set := v_sets[v_number];
      end if;
      continue when not v_set.usable or v_ask.call = any (v_known) or coalesce(v_ask.run = any (v_lost), false);
      v_least := 9223372036854775807;
      foreach v_place in array v_set.places loop
        v_least := least(v_least, v_free[v_place]);
      end loop;
      -- Plenty: the first half of wflo.grant_of.
      if v_ask.bound <= greatest(v_least, 0) / greatest(8, v_ask.share) then
        v_grant := v_ask.bound;
      else
        v_grant := wflo.grant_of(v_ask.bound, v_ask.need, v_ask.target, v_ask.share, array(select v_free[n] from unnest(v_set.places) n));
        continue when v_grant is null;
      end if;
      v_grants[v_call] := v_grant;
      v_granted := v_granted || v_ask.call;
      foreach v_place in array v_set.places loop
        v_free[v_place] := v_free[v_place] - v_grant;
        v_added[v_place] := coalesce(v_added[v_place], 0) + v_grant;
      end loop;
    end loop;
    if cardinality(v_granted) > 0 then
      perform wflo.hold_many(p_tenant, v_sets, v_asks, v_grants, v_granted);
    end if;
  end if;

  for v_number in 1 .. cardinality(v_lines) loop
    v_line := v_lines[v_number];
    continue when not v_line.settled and v_added[v_number] is null;
    v_places := v_places || v_line.place;
    v_ids := v_ids || v_line.id;
    v_kinds := v_kinds || v_line.kind;
    v_starts := v_starts || v_line.start;
    v_spent := v_spent || v_line.spent;
    v_reserved := v_reserved || (v_line.reserved + coalesce(v_added[v_number], 0));
    v_overruns := v_overruns || v_line.overrun;
    continue when v_added[v_number] is null;
    v_windows := v_windows || wflo.window_json(row(v_line.id, v_line.kind, v_line.start, v_line.cap, v_line.spent,
      v_line.reserved + v_added[v_number], v_line.overrun, 0, true, v_line.zone)::wflo.window_line);
  end loop;
  -- Their rows are locked, and stay where they are: each is looked up at its place, and looked at whether it is the one. No index can be used for these
  -- conditions: a plan that was made when there were few windows would read all of the tenant.
  update wflo.budget_window w
  set spent = v_spent[array_position(v_places, w.ctid)], reserved = v_reserved[array_position(v_places, w.ctid)],
    overrun = v_overruns[array_position(v_places, w.ctid)]
  where w.ctid = any (v_places) and w.tenant is not distinct from p_tenant and w.id = v_ids[array_position(v_places, w.ctid)]
    and w.kind = v_kinds[array_position(v_places, w.ctid)] and w.start = v_starts[array_position(v_places, w.ctid)];
  get diagnostics v_count = row_count;
  if v_count < cardinality(v_places) then
    raise exception 'wflo: a locked window is not where it was';
  end if;
  if v_due then
    v_warnings := wflo.take_warnings(p_tenant, array(select l.id from unnest(v_lines) l where l.due),
      array(select l.kind from unnest(v_lines) l where l.due), array(select l.start from unnest(v_lines) l where l.due));
  end if;
  return jsonb_build_object('closed', v_settled.closed, 'charged', v_settled.charged::text[], 'overruns', v_settled.overruns::text[],
    'settled', v_verdicts, 'warnings', v_warnings, 'grants', v_grants::text[], 'windows', v_windows,
    'versions', v_versions, 'charging', v_open.charging);
end
$$;

-- The same in two commits and one round trip: the first does not wait for the disk, so that its locks are kept no longer than it works; the second
-- is empty and brings both to the disk before the answer leaves. For whoever may not call pg_logical_emit_message there is the function.
create procedure wflo.settle_and_reserve_early(p_tenant text, p_settlements jsonb, p_sets jsonb, p_asks jsonb, inout answer jsonb) language plpgsql as $$
begin
  -- Whatever the default is: at a higher level calls that meet in a window would be refused.
  rollback;
  set transaction isolation level read committed;
  perform set_config('synchronous_commit', 'off', true);
  answer := wflo.settle_and_reserve(p_tenant, p_settlements, p_sets, p_asks);
  commit;
  perform pg_logical_emit_message(true, 'wflo', '');
end
$$;
