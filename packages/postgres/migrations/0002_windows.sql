-- The clock, the windows it opens, where they warn, and the hold rule.

-- The only clock of the ledger. Tests replace it.
create function wflo.now() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

-- A uuid of version 7, for entries that no client wrote.
create function wflo.uuid7() returns uuid language sql volatile as $$
  select encode(
    set_bit(set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::int8) from 3) from 1 for 6
      ), 52, 1), 53, 1), 'hex')::uuid
$$;

-- These cost little (cost 1, not 100): a plan for any list of budgets would seem so much dearer than one for each list that the statements
-- of reserve would be planned anew at every call.
--
-- The first moment of a day on a zone's clocks: where they skip midnight, that of the skip; where they strike it twice, the first. PostgreSQL
-- takes the second of two, so the clocks of the day before are asked. Intervals are hours: days would follow the session's zone.
create function wflo.first_of_day(p_midnight timestamp, p_zone text) returns timestamptz language plpgsql immutable cost 1 as $$
declare
  v_at timestamptz := p_midnight at time zone p_zone;
  v_before timestamptz := v_at - interval '24 hours';
  v_first timestamptz := (p_midnight - (v_before at time zone p_zone - v_before at time zone 'UTC')) at time zone 'UTC';
begin
  return case when v_first < v_at and v_first at time zone p_zone = p_midnight then v_first else v_at end;
end
$$;

-- The day or month of a zone around a time. A day that has begun stays begun, though clocks be set back over its midnight.
create function wflo.zone_start(p_kind text, p_at timestamptz, p_zone text) returns timestamptz language plpgsql immutable cost 1 as $$
declare
  v_day timestamp := date_trunc('day', p_at at time zone p_zone);
begin
  if wflo.first_of_day(v_day + interval '1 day', p_zone) <= p_at then
    v_day := v_day + interval '1 day';
  end if;
  return wflo.first_of_day(date_trunc(p_kind, v_day), p_zone);
end
$$;

-- The next day or month of a zone after one that began then.
create function wflo.zone_end(p_kind text, p_start timestamptz, p_zone text) returns timestamptz language plpgsql immutable cost 1 as $$
begin
  return wflo.first_of_day(date_trunc(p_kind, p_start at time zone p_zone) + ('1 ' || p_kind)::interval, p_zone);
end
$$;

-- Whether this server knows a zone.
create function wflo.knows_zone(p_zone text) returns boolean language plpgsql stable as $$
begin
  perform '2000-01-01 00:00Z'::timestamptz at time zone p_zone;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;

-- UTC, which most budgets follow, is short enough to be part of the statement that asks.
create function wflo.window_start(p_kind text, p_at timestamptz, p_zone text) returns timestamptz language sql immutable as $$
  select case
    when p_kind = 'total' then '-infinity'::timestamptz
    when p_zone = 'UTC' then date_trunc(p_kind, p_at at time zone 'UTC') at time zone 'UTC'
    else wflo.zone_start(p_kind, p_at, p_zone)
  end
$$;

-- When the next window begins; null for total. Counted in the zone, whatever the session's is.
create function wflo.window_end(p_kind text, p_start timestamptz, p_zone text) returns timestamptz language sql immutable as $$
  select case
    when p_kind = 'total' then null
    when p_zone <> 'UTC' then wflo.zone_end(p_kind, p_start, p_zone)
    when p_kind = 'day' then (p_start at time zone 'UTC' + interval '1 day') at time zone 'UTC'
    else (p_start at time zone 'UTC' + interval '1 month') at time zone 'UTC'
  end
$$;

-- The windows of a budget that are open at a time: one for each cap it has.
create function wflo.open_windows(p_budget wflo.budget, p_at timestamptz)
returns table (kind text, start timestamptz, cap int8) language sql immutable as $$
  select k.kind, wflo.window_start(k.kind, p_at, p_budget.zone), k.cap
  from (values ('day', p_budget.cap_day), ('month', p_budget.cap_month), ('total', p_budget.cap_total)) k (kind, cap)
  where k.cap is not null
$$;

-- The amount at which so much of a cap is spent, at least one nano-dollar. The share counts in millionths, as in core's budget/warn-at.ts.
create function wflo.warn_line(p_cap int8, p_share float8) returns int8 language sql immutable as $$
  select greatest(ceil(p_cap::numeric * floor(p_share * 1000000 + 0.5)::numeric * 0.000001), 1)::int8
$$;

-- The amount at which a window warns next, once this share is told; null when it does not.
create function wflo.next_warning(p_cap int8, p_warned float8, p_warn_at float8[]) returns int8 language sql immutable as $$
  select min(wflo.warn_line(p_cap, s)) from unnest(p_warn_at) s where s > p_warned
$$;

-- What counts as told in a window that gets a cap: under a higher one, the shares that are spent of it too.
create function wflo.warned_under(p_window wflo.budget_window, p_cap int8, p_warn_at float8[]) returns float8 language sql immutable as $$
  select case when p_cap <= p_window.cap then p_window.warned else coalesce((
    select max(s) from unnest(p_warn_at) s where s <= p_window.warned and wflo.warn_line(p_cap, s) <= p_window.spent
  ), 0) end
$$;

-- One window as a reserve sees it. credit is the part of reserved that a replaced hold gives back;
-- fresh is false for a window that only the replaced hold is in, of which nobody asks the zone.
create type wflo.window_line as (
  budget_id text, kind text, start timestamptz, cap int8, spent int8, reserved int8, overrun int8, credit int8, fresh boolean, zone text
);

-- cap - spent - reserved, never past int8: everything below zero is the same to the hold rule.
create function wflo.free_of(p_line wflo.window_line) returns int8 language sql immutable as $$
  select greatest(p_line.cap::numeric - p_line.spent - p_line.reserved + p_line.credit, -1)::int8
$$;

-- Money is text in JSON, so that no reader makes a float of it.
create function wflo.window_json(p_line wflo.window_line) returns jsonb language plpgsql immutable as $$
begin
  return jsonb_build_object(
    'budgetId', p_line.budget_id,
    'window', p_line.kind,
    'zone', p_line.zone,
    'startsAt', case when p_line.kind <> 'total' then (extract(epoch from p_line.start) * 1000)::int8 end,
    'resetsAt', case when p_line.kind <> 'total'
      then (extract(epoch from wflo.window_end(p_line.kind, p_line.start, p_line.zone)) * 1000)::int8 end,
    'cap', p_line.cap::text,
    'spent', p_line.spent::text,
    'reserved', p_line.reserved::text,
    'overrun', p_line.overrun::text
  );
end
$$;

-- The hold rule of core's budget/hold.ts, line by line: what a call gets over windows with these free amounts, null for nothing.
create function wflo.grant_of(p_bound int8, p_need int8, p_target int8, p_share int8, p_free int8[])
returns int8 language plpgsql immutable as $$
declare
  v_share int8 := greatest(1, p_share);
  v_grant int8 := p_bound;
  v_fair int8;
  v_amount int8;
begin
  if p_bound <= all (select greatest(f, 0) / greatest(8, v_share) from unnest(p_free) f) then
    return p_bound;
  end if;
  foreach v_amount in array p_free loop
    v_fair := least(p_bound, greatest(p_need, least(p_target, greatest(v_amount, 0) / v_share)));
    if v_fair > v_amount then
      return null;
    end if;
    v_grant := least(v_grant, v_fair);
  end loop;
  return v_grant;
end
$$;

-- Why these windows refuse a call: if it can never fit, the one that does so longest (a total before what resets last, and of those the one with the
-- least left), else the one with the least free.
create function wflo.refusal_of(p_bound int8, p_need int8, p_lines wflo.window_line[]) returns jsonb language sql immutable as $$
  select jsonb_build_object(
    'code', case when x.hopeless then 'exhausted' else 'held' end,
    'window', wflo.window_json(p_lines[x.n])
  )
  from (
    select n, least(p_need, p_bound) > (p_lines[n]).cap - (p_lines[n]).spent as hopeless,
      (p_lines[n]).cap - (p_lines[n]).spent as room, wflo.free_of(p_lines[n]) as free,
      coalesce(wflo.window_end((p_lines[n]).kind, (p_lines[n]).start, (p_lines[n]).zone), 'infinity') as resets
    from generate_subscripts(p_lines, 1) n
    where (p_lines[n]).fresh and wflo.free_of(p_lines[n]) < least(p_need, p_bound)
  ) x
  order by x.hopeless desc, case when x.hopeless then x.resets end desc, case when x.hopeless then x.room else x.free end, x.n
  limit 1
$$;
