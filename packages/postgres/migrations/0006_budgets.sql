-- Budgets as they are set and shown, and the proof that the books are right.

-- A budget with its open windows; one nobody used yet is shown as empty.
create function wflo.budget_state(p_budget wflo.budget, p_at timestamptz) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', p_budget.id,
    'caps', jsonb_strip_nulls(jsonb_build_object(
      'total', p_budget.cap_total::text, 'day', p_budget.cap_day::text, 'month', p_budget.cap_month::text)),
    'onExpiry', p_budget.on_expiry,
    'warnAt', to_jsonb(p_budget.warn_at),
    'paused', p_budget.paused,
    'timeZone', p_budget.zone,
    'parent', p_budget.parent,
    'windows', (
      select coalesce(jsonb_agg(wflo.window_json(row(
        p_budget.id, k.kind, k.start, coalesce(w.cap, k.cap), coalesce(w.spent, 0), coalesce(w.reserved, 0),
        coalesce(w.overrun, 0), 0, true, p_budget.zone
      )::wflo.window_line) order by array_position('{total,day,month}', k.kind)), '[]')
      from wflo.open_windows(p_budget, p_at) k
      left join wflo.budget_window w
        on w.tenant = p_budget.tenant and w.id = p_budget.id and w.kind = k.kind and w.start = k.start
    )
  )
$$;

-- The named budgets of a tenant, as an array in no particular order.
create function wflo.get_budgets(p_tenant text, p_ids text[]) returns jsonb language sql volatile as $$
  select coalesce(jsonb_agg(wflo.budget_state(b, t.at)), '[]')
  from (select wflo.now() as at offset 0) t, wflo.budget b
  where b.tenant = p_tenant and b.id = any (p_ids)
$$;

-- A page of the budgets of a tenant, by ascending id: those from p_prefix on, after p_after, and before (p_last_tenant, p_until),
-- which is where the prefix ends. The page is read by its key, and the bounds of its zones are asked for once for each. Its open windows
-- lie together in the key of theirs, in the order of the page: they are read at a stretch, however many closed ones there are, and merged
-- with it; left to choose, a plan without statistics compares each window with each budget. In rows, where null is what most budgets
-- have: JSON of ten thousand took ten times as long. The settings keep it to the keys and to merging, from being compiled, and from being
-- planned anew for each page. A comparison of starts that could be merged by would sort the page once more.
create function wflo.list_budgets(
  p_tenant text, p_prefix text, p_last_tenant text, p_until text, p_after text, p_limit int8
) returns table (
  id text, zone text, bounds text, paused boolean, on_expiry text, warn_at text, parent text,
  cap_total int8, total_cap int8, total_spent int8, total_reserved int8, total_overrun int8,
  cap_day int8, day_cap int8, day_spent int8, day_reserved int8, day_overrun int8,
  cap_month int8, month_cap int8, month_spent int8, month_reserved int8, month_overrun int8
) language sql volatile set enable_seqscan = off set enable_hashjoin = off set enable_nestloop = off set jit = off
set plan_cache_mode = force_generic_plan as $$
  with page as materialized (
    select b.* from wflo.budget b
    where b.tenant = p_tenant and b.id >= greatest(p_prefix collate "C", p_after)
      and (b.tenant, b.id) < (p_last_tenant collate "C", p_until collate "C") and b.id is distinct from p_after
    order by b.id limit p_limit
  ), ends as materialized (
    select min(p.id) as first, max(p.id) as last from page p
  ), open as materialized (
    select p.zone, p.first, wflo.window_start('day', t.at, p.zone) as day, wflo.window_start('month', t.at, p.zone) as month
    from (select p.zone, min(p.id) as first from page p group by p.zone) p, (select wflo.now() as at offset 0) t
  ), zones as materialized (
    select o.*, json_build_array(
      extract(epoch from o.day), extract(epoch from wflo.window_end('day', o.day, o.zone)),
      extract(epoch from o.month), extract(epoch from wflo.window_end('month', o.month, o.zone))
    )::text as bounds
    from open o
  ), starts as materialized (
    select distinct x.kind, x.start from zones z, lateral (
      values ('total', '-infinity'::timestamptz), ('day', z.day), ('month', z.month)) x (kind, start)
  ), windows as not materialized (
    select s.kind, w.id, w.start, w.cap, w.spent, nullif(w.reserved, 0) as reserved, nullif(w.overrun, 0) as overrun
    from starts s cross join ends e cross join lateral (
      select * from wflo.budget_window w
      where w.tenant = p_tenant and w.kind = s.kind and w.start = s.start and w.id between e.first and e.last offset 0
    ) w
  )
  select b.id, b.zone, case when b.id = z.first then z.bounds end, nullif(b.paused, false), nullif(b.on_expiry, 'charge'),
    nullif(array_to_string(b.warn_at, ','), ''), b.parent,
    b.cap_total, nullif(total.cap, b.cap_total), total.spent, total.reserved, total.overrun,
    b.cap_day, nullif(day.cap, b.cap_day), day.spent, day.reserved, day.overrun,
    b.cap_month, nullif(month.cap, b.cap_month), month.spent, month.reserved, month.overrun
  from page b
  cross join lateral (select * from zones z where z.zone = b.zone offset 0) z
  left join windows total on total.kind = 'total' and total.id = b.id
  left join windows day on day.kind = 'day' and day.id = b.id and day.start is not distinct from z.day
  left join windows month on month.kind = 'month' and month.id = b.id and month.start is not distinct from z.month
  order by b.id
$$;

-- What keeps p_parent from being right above p_id (null for a budget that is yet to be made): `parent` where it is not there, `circle` where it is
-- p_id or has it above. Parents of a tenant are set one after the other, so that two cannot close a circle together.
create function wflo.parent_refusal(p_tenant text, p_id text, p_parent text) returns text language plpgsql as $$
begin
  if p_parent is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('wflo parents ' || p_tenant, 0));
  if p_parent = p_id then
    return 'circle';
  end if;
  if not exists (select from wflo.budget b where b.tenant = p_tenant and b.id = p_parent) then
    return 'parent';
  end if;
  if exists (select from jsonb_array_elements(wflo.parents_of(p_tenant, array[p_parent])) e where e.value ->> 'parent' = p_id) then
    return 'circle';
  end if;
  return null;
end
$$;

-- Creates or changes a budget; its open windows get the new caps in the same call. Of another zone they are other windows, which begin at
-- zero unless they begin at the same moment. Returns { refusal } for what cannot be.
create function wflo.set_budget(
  p_tenant text, p_id text, p_total int8, p_day int8, p_month int8, p_on_expiry text, p_warn_at float8[], p_zone text, p_parent text
) returns jsonb language plpgsql as $$
declare
  v_budget wflo.budget;
  v_at timestamptz;
  v_refusal text := wflo.parent_refusal(p_tenant, p_id, p_parent);
begin
  if not wflo.knows_zone(p_zone) then
    return jsonb_build_object('refusal', 'zone');
  end if;
  if v_refusal is not null then
    return jsonb_build_object('refusal', v_refusal);
  end if;
  insert into wflo.budget as b (tenant, id, cap_total, cap_day, cap_month, on_expiry, warn_at, zone, parent)
  values (p_tenant, p_id, p_total, p_day, p_month, p_on_expiry, p_warn_at, p_zone, p_parent)
  on conflict (tenant, id) do update
  set cap_total = p_total, cap_day = p_day, cap_month = p_month, on_expiry = p_on_expiry, warn_at = p_warn_at,
    zone = p_zone, parent = p_parent
  returning b.* into v_budget;
  -- Their owners see what it is now. Budgets before holds, as in a reserve.
  perform wflo.recall(p_tenant, array[p_id]);
  v_at := wflo.now();
  perform 1 from wflo.budget_window w where w.tenant = p_tenant and w.id = p_id
    and (w.kind, w.start) in (select k.kind, k.start from wflo.open_windows(v_budget, v_at) k)
  order by w.tenant, w.id, w.kind, w.start for update;
  update wflo.budget_window w set cap = k.cap, warned = wflo.warned_under(w, k.cap, p_warn_at),
    next_warning = wflo.next_warning(k.cap, wflo.warned_under(w, k.cap, p_warn_at), p_warn_at)
  from wflo.open_windows(v_budget, v_at) k
  where w.tenant = p_tenant and w.id = p_id and w.kind = k.kind and w.start = k.start;
  return wflo.budget_state(v_budget, v_at);
end
$$;

-- Creates or replaces a default; budgets that were made from it stay. Returns { refusal } for what cannot be.
create function wflo.set_default(
  p_tenant text, p_prefix text, p_total int8, p_day int8, p_month int8, p_on_expiry text, p_warn_at float8[], p_zone text, p_parent text
) returns jsonb language plpgsql as $$
declare
  v_refusal text := wflo.parent_refusal(p_tenant, null, p_parent);
begin
  if not wflo.knows_zone(p_zone) then
    return jsonb_build_object('refusal', 'zone');
  end if;
  if v_refusal is not null then
    return jsonb_build_object('refusal', v_refusal);
  end if;
  insert into wflo.budget_default (tenant, prefix, cap_total, cap_day, cap_month, on_expiry, warn_at, zone, parent)
  values (p_tenant, p_prefix, p_total, p_day, p_month, p_on_expiry, p_warn_at, p_zone, p_parent)
  on conflict (tenant, prefix) do update
  set cap_total = p_total, cap_day = p_day, cap_month = p_month, on_expiry = p_on_expiry, warn_at = p_warn_at, zone = p_zone, parent = p_parent;
  return '{}';
end
$$;

-- Makes a budget that is not there from the default with the longest prefix of its id: of all prefixes of one text the longest comes last. Null
-- when there is neither. Who comes second waits for the first, and is told that it was there.
create function wflo.create_from_default(p_tenant text, p_id text) returns jsonb language plpgsql as $$
declare
  v_budget wflo.budget;
  v_from text;
begin
  select d.prefix into v_from from wflo.budget_default d
  where d.tenant = p_tenant and d.prefix < p_id and starts_with(p_id, d.prefix)
  order by d.prefix desc limit 1;
  if v_from is not null then
    insert into wflo.budget as b (tenant, id, cap_total, cap_day, cap_month, on_expiry, warn_at, zone, parent)
    select p_tenant, p_id, d.cap_total, d.cap_day, d.cap_month, d.on_expiry, d.warn_at, d.zone, d.parent
    from wflo.budget_default d where d.tenant = p_tenant and d.prefix = v_from
    on conflict do nothing
    returning b.* into v_budget;
  end if;
  if v_budget.id is null then
    v_from := null;
    select * into v_budget from wflo.budget b where b.tenant = p_tenant and b.id = p_id;
  end if;
  if v_budget.id is not null then
    return jsonb_build_object('budget', wflo.budget_state(v_budget, wflo.now()), 'madeFrom', v_from);
  end if;
  return null;
end
$$;

-- Raises one cap, never lowers it; null when there is no such cap. Of a day or month only the open window is raised.
create function wflo.raise_cap(p_tenant text, p_id text, p_kind text, p_to int8) returns jsonb language plpgsql as $$
declare
  v_budget wflo.budget;
  v_at timestamptz;
begin
  select * into v_budget from wflo.budget b where b.tenant = p_tenant and b.id = p_id for update;
  v_at := wflo.now();
  if not exists (select from wflo.open_windows(v_budget, v_at) k where k.kind = p_kind) then
    return null;
  end if;
  if p_kind = 'total' then
    update wflo.budget b set cap_total = greatest(b.cap_total, p_to) where b.tenant = p_tenant and b.id = p_id
    returning b.* into v_budget;
  end if;
  insert into wflo.budget_window as w (tenant, id, kind, start, cap, next_warning)
  select p_tenant, p_id, k.kind, k.start, greatest(k.cap, p_to), wflo.next_warning(greatest(k.cap, p_to), 0, v_budget.warn_at)
  from wflo.open_windows(v_budget, v_at) k where k.kind = p_kind
  on conflict (tenant, id, kind, start) do update set cap = greatest(w.cap, excluded.cap),
    warned = wflo.warned_under(w, excluded.cap, v_budget.warn_at), next_warning = wflo.next_warning(
      greatest(w.cap, excluded.cap), wflo.warned_under(w, excluded.cap, v_budget.warn_at), v_budget.warn_at);
  return wflo.budget_state(v_budget, v_at);
end
$$;

-- Windows whose row differs from what entries and open holds add up to, in one consistent read. There must be none.
create function wflo.reconcile(p_tenant text) returns jsonb language sql volatile as $$
  with entries as (
    select u.id, u.kind, u.start, least(sum(e.charged), 9223372036854775807) as charged
    from wflo.entry e, unnest(e.window_budget_ids, e.window_kinds, e.window_starts) u (id, kind, start)
    where e.tenant = p_tenant group by u.id, u.kind, u.start
  ), holds as (
    select u.id, u.kind, u.start, sum(h.amount) as amount
    from wflo.hold h, unnest(h.window_budget_ids, h.window_kinds, h.window_starts) u (id, kind, start)
    where h.tenant = p_tenant group by u.id, u.kind, u.start
  ), windows as (
    select w.id, w.kind, w.start, w.spent, w.reserved from wflo.budget_window w where w.tenant = p_tenant
  ), books as (
    select id, kind, start, coalesce(w.spent, 0) as spent, coalesce(w.reserved, 0) as reserved,
      coalesce(e.charged, 0) as charged, coalesce(h.amount, 0) as amount
    from windows w full join entries e using (id, kind, start) full join holds h using (id, kind, start)
  )
  select coalesce(jsonb_agg(jsonb_build_object('budgetId', id, 'window', kind, 'spent', spent::text, 'entries', charged::text,
    'reserved', reserved::text, 'holds', amount::text) order by id collate "C", kind, start), '[]')
  from books where spent <> charged or reserved <> amount
$$;

-- The entries of a run added up by label, by the first entry of each. Every call has one closing entry, and the entries that amend it
-- bear its label: so calls are counted without sorting them, and a call that failed twice counts by its closing or smallest entry.
-- The planner would sort ten thousand wide rows to group them; hashing them takes half the time.
create function wflo.costs(p_tenant text, p_run uuid)
returns table (
  step text, agent text, checkpoint_id text, thread text, provider text, model text,
  calls int8, charged numeric, input_tokens numeric, output_tokens numeric, latency_ms numeric, failures int8, inexact int8
) language sql stable set enable_sort to off as $$
  select e.step, e.agent, e.checkpoint_id, e.thread, e.provider, e.model,
    count(*) filter (where wflo.is_closing(e.kind)),
    sum(e.charged), sum(e.input_tokens), sum(e.output_tokens), sum(e.latency_ms),
    count(*) filter (where e.failed and (wflo.is_closing(e.kind) or not exists (
      select from wflo.entry x
      where x.tenant = p_tenant and x.call_id = e.call_id and x.failed and (wflo.is_closing(x.kind) or x.id < e.id)))),
    count(*) filter (where e.kind in ('unmeasured', 'estimate', 'doubt', 'expire') and not exists (
      select from wflo.entry x
      where x.tenant = p_tenant and x.call_id = e.call_id and x.kind in ('late', 'correction')))
  from wflo.entry e
  where e.tenant = p_tenant and e.run_id = p_run
  group by e.step, e.agent, e.checkpoint_id, e.thread, e.provider, e.model
  order by min(e.id::text collate "C")
$$;
