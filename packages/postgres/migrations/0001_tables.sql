-- Tables. Keys begin with tenant; text keys sort by bytes, as clients do; money is int8 nano-dollars; ids are made by clients (uuidv7).
-- There is deliberately no CHECK on spent + reserved <= cap: READ COMMITTED evaluates it on stale rows and raises false errors.

-- What is written all the time is checked by its type: a CHECK of the table is planned anew by every statement that writes there, which takes as long as to
-- write a row.
create domain wflo.amount as int8 check (value >= 0);
create domain wflo.window_kind as text collate "C" check (value in ('day', 'month', 'total'));
create domain wflo.entry_kind as text collate "C" check (
  value in ('settle', 'void', 'estimate', 'unmeasured', 'recorded', 'doubt', 'expire', 'late', 'correction')
);
create domain wflo.checkpoint_kind as text collate "C" check (value in ('save', 'rollback', 'fork'));

create table wflo.budget (
  tenant text collate "C" not null,
  id text collate "C" not null,
  cap_total int8,
  cap_day int8,
  cap_month int8,
  zone text not null default 'UTC',
  warn_at float8[] not null default '{}',
  on_expiry text not null default 'charge',
  paused boolean not null default false,
  -- The budget above it. No foreign key: budgets go with their tenant only, and a reserve need not look the parent up once more.
  parent text collate "C",
  primary key (tenant, id),
  constraint budget_on_expiry check (on_expiry in ('charge', 'release'))
);

-- What budgets are made of that nobody set and whose ids begin so.
create table wflo.budget_default (
  tenant text collate "C" not null,
  prefix text collate "C" not null,
  cap_total int8,
  cap_day int8,
  cap_month int8,
  zone text not null default 'UTC',
  warn_at float8[] not null default '{}',
  on_expiry text not null default 'charge',
  parent text collate "C",
  primary key (tenant, prefix),
  constraint budget_default_on_expiry check (on_expiry in ('charge', 'release'))
);

-- Open windows of a kind lie together in the key, by budget: a list of budgets reads them at a stretch.
-- warned is the highest share of its cap that was told, next_warning the nano-dollars at which the next one is; null for none.
create table wflo.budget_window (
  tenant text collate "C" not null,
  id text collate "C" not null,
  kind wflo.window_kind not null,
  start timestamptz not null,
  cap int8 not null,
  spent wflo.amount not null default 0,
  reserved wflo.amount not null default 0,
  overrun int8 not null default 0,
  warned float8 not null default 0,
  next_warning int8,
  primary key (tenant, kind, start, id)
) with (fillfactor = 25, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Open holds only. The window arrays are parallel and in lock order; budget_ids also names budgets that have no cap.
create table wflo.hold (
  tenant text collate "C" not null,
  call_id uuid not null,
  budget_ids text[] collate "C" not null,
  window_budget_ids text[] collate "C" not null,
  window_kinds text[] collate "C" not null,
  window_starts timestamptz[] not null,
  amount int8 not null,
  bound int8 not null,
  charge_on_expiry boolean not null,
  expires_at timestamptz not null,
  run_id uuid,
  epoch int8,
  step text,
  agent text,
  checkpoint_id text collate "C",
  thread text collate "C",
  provider text not null,
  model text not null,
  -- Of a lease: others wait for its money.
  wanted boolean not null default false,
  primary key (tenant, call_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create index hold_expires_at on wflo.hold (expires_at);
create index hold_lease on wflo.hold (tenant) where provider = 'wflo' and model = 'lease';

-- Append-only. charged is the change of spent; total is what the entries of the call add up to with this one. The columns after
-- receipt are what the costs of a run are added up from, taken out of it when it is written.
create table wflo.entry (
  tenant text collate "C" not null,
  id uuid not null,
  call_id uuid not null,
  kind wflo.entry_kind not null,
  budget_ids text[] collate "C" not null,
  window_budget_ids text[] collate "C" not null,
  window_kinds text[] collate "C" not null,
  window_starts timestamptz[] not null,
  held int8 not null,
  charged int8 not null,
  overrun int8 not null,
  total int8 not null,
  at timestamptz not null,
  run_id uuid,
  step text collate "C",
  agent text collate "C",
  checkpoint_id text collate "C",
  thread text collate "C",
  provider text collate "C" not null,
  model text collate "C" not null,
  receipt jsonb not null,
  input_tokens int8 not null default 0,
  output_tokens int8 not null default 0,
  latency_ms int8 not null default 0,
  failed boolean not null default false,
  primary key (tenant, id)
);

create index entry_call on wflo.entry (tenant, call_id);
create index entry_run on wflo.entry (tenant, run_id, id) where run_id is not null;
-- By the beginning of its name: a row of an index has 2,704 bytes at most, and a settle must not fail for the name of a thread.
create index entry_thread on wflo.entry (tenant, left(thread, 200), id) where thread is not null;
create index entry_doubt on wflo.entry (tenant, id) where kind in ('doubt', 'expire');

create table wflo.run (
  tenant text collate "C" not null,
  id uuid not null,
  workflow text collate "C" not null,
  input text not null,
  budget_ids text[] collate "C" not null,
  tags text[] not null,
  trace_id text not null,
  thread_id text collate "C" not null,
  forked_from_run uuid,
  forked_from_checkpoint text collate "C",
  status text collate "C" not null,
  epoch int8 not null,
  created_at timestamptz not null,
  heartbeat_at timestamptz not null,
  ended_at timestamptz,
  result text,
  error text,
  primary key (tenant, id),
  constraint run_status check (status in ('running', 'paused', 'completed', 'failed'))
) with (fillfactor = 80);
create index run_created on wflo.run (tenant, created_at, id);

-- seq is counted per run: the order in which steps were saved. The key holds a SHA-256 of path and checkpoint, which may be longer
-- than an index row can be.
create table wflo.step (
  tenant text collate "C" not null,
  run_id uuid not null,
  key_hash bytea not null,
  path text not null,
  checkpoint_id text collate "C",
  epoch int8 not null,
  seq int8 not null,
  result text not null,
  took_ms float8 not null,
  saved_at timestamptz not null,
  primary key (tenant, run_id, key_hash)
);

create index step_seq on wflo.step (tenant, run_id, seq);
