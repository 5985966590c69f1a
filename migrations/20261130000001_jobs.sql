-- Work that is done later, by whichever collector comes first.

create table job (
    id            uuid primary key,
    -- Which sort of work it is.
    queue         text not null,
    -- Jobs of one lane do not hold up those of another.
    lane          text not null,
    -- Of a queue's waiting jobs, one has a given key.
    key           text,
    payload       jsonb not null,
    state         text not null check (state in ('waiting', 'running', 'dead')),
    -- How often it was begun.
    attempts      integer not null default 0,
    max_attempts  integer not null check (max_attempts > 0),
    -- It is not begun before.
    due_at        timestamptz not null,
    -- Which run of it counts, and until when, unless whoever runs it says again that they do.
    lease         uuid,
    leased_until  timestamptz,
    -- What came of the last attempt that came to nothing.
    error         text,
    created_at    timestamptz not null,
    -- When it was given up.
    ended_at      timestamptz,
    check ((state = 'running') = (lease is not null) and (state = 'running') = (leased_until is not null)),
    check ((state = 'dead') = (ended_at is not null))
);
comment on table job is
    'Retention: deleted when done; dead ones are kept 90 days (housekeep in collector/src/server.rs).';
create unique index job_once on job (queue, key) where state = 'waiting' and key is not null;
create index job_waiting on job (queue, lane, due_at, id) where state = 'waiting';
create index job_running on job (queue, lane, leased_until) where state = 'running';
create index job_dead on job (ended_at, id) where state = 'dead';

-- Jobs that come again and again.
create table job_schedule (
    name          text primary key,
    queue         text not null,
    lane          text not null,
    payload       jsonb not null,
    max_attempts  integer not null check (max_attempts > 0),
    -- Five fields, as cron has them, by the clocks of the zone.
    pattern       text not null,
    -- An IANA name, such as `Europe/Vienna`.
    zone          text not null,
    next_at       timestamptz not null
);
comment on table job_schedule is 'Retention: kept until whoever made it deletes it.';
create index job_schedule_by_time on job_schedule (next_at);
