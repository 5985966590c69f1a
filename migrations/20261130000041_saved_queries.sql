-- Questions that people ask again and again.

create table saved_query (
    id          uuid primary key,
    account_id  uuid not null references account on delete cascade,
    name        text not null,
    -- One of the API's lists: see collector/src/export.rs.
    list        text not null,
    -- Names and values of that list's parameters.
    filters     jsonb not null,
    -- Whether others see it; what it is answered with is theirs.
    shared      boolean not null,
    created_at  timestamptz not null,
    changed_at  timestamptz not null
);
comment on table saved_query is 'Retention: kept until its owner deletes it; deleted with its account.';
create unique index saved_query_by_name on saved_query (account_id, name);
create index saved_query_shared on saved_query (name, id) where shared;

-- Kept queries that are taken away as files again and again.
create table export_schedule (
    id           uuid primary key,
    -- With whose rights.
    account_id   uuid not null references account on delete cascade,
    saved_query  uuid not null references saved_query on delete cascade,
    format       text not null,
    -- Five fields, as cron has them, by the clocks of the zone.
    pattern      text not null,
    zone         text not null,
    created_at   timestamptz not null
);
comment on table export_schedule is 'Retention: kept until its owner deletes it; deleted with its account or query.';
create index export_schedule_by_account on export_schedule (account_id, id);
create index export_schedule_by_query on export_schedule (saved_query);

create table export_file (
    -- Of the job that made it.
    id          uuid primary key,
    account_id  uuid not null references account on delete cascade,
    schedule    uuid references export_schedule on delete set null,
    name        text not null,
    media_type  text not null,
    items       bigint not null,
    body        bytea not null,
    made_at     timestamptz not null
);
comment on table export_file is 'Retention: 30 days, and the last 50 of a person (housekeep in collector/src/server.rs); deleted with its account.';
create index export_file_by_account on export_file (account_id, made_at desc, id desc);
create index export_file_by_age on export_file (made_at);
create index export_file_by_schedule on export_file (schedule);
