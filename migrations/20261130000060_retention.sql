-- How long each kind of history is kept, what was let go, and hosts that are no more.

create table retention (
    -- See collector/src/retention.rs.
    kind    text primary key,
    -- In the unit of the kind; null: for ever.
    keep    integer check (keep > 0),
    set_at  timestamptz not null,
    set_by  text not null
);
comment on table retention is 'Retention: one row a kind that somebody has set.';

create table retention_run (
    no         bigint generated always as identity primary key,
    kind       text not null,
    -- What ended before this is gone.
    before_at  timestamptz not null,
    rows       bigint not null,
    bytes      bigint not null,
    ran_at     timestamptz not null
);
comment on table retention_run is
    'What was let go, one row for each time that there was something. Retention: kept; some rows a day at most.';
create index retention_run_by_kind on retention_run (kind, no desc);

alter table host
    add column retired_at   timestamptz,
    add column retired_by   text,
    add column retired_why  text,
    add check ((retired_at is null) = (retired_by is null) and (retired_at is null) = (retired_why is null)),
    add check (retired_at is null or revoked_at is not null);
create index host_by_retirement on host (retired_at) where retired_at is not null;

create table host_archive (
    -- That of the host.
    id           uuid primary key,
    hostname     text not null,
    enrolled_at  timestamptz not null,
    retired_at   timestamptz not null,
    retired_by   text not null,
    retired_why  text not null,
    archived_at  timestamptz not null,
    archived_by  text not null,
    -- Lines of the file.
    rows         bigint not null,
    -- SHA-256 of the file.
    sha256       bytea not null,
    -- zstd of JSON lines: see docs/retention.md.
    body         bytea not null
);
-- Compressed already.
alter table host_archive alter column body set storage external;
comment on table host_archive is
    'What was known of a host, as a file. Retention: archives of the retention settings, for ever unless set.';
create index host_archive_by_time on host_archive (archived_at desc, id);

-- What the tables say of themselves, now that each kind has a time of its own.
comment on table job is
    'Retention: deleted when done; those that were given up are deliveries of the retention settings.';
comment on table delivery is 'Retention: deliveries of the retention settings, from its end on.';
comment on table personal_mail_sent is 'Retention: deliveries of the retention settings; deleted with its account.';
comment on table notification is
    'Retention: notifications of the retention settings, and the last 500 of a person; deleted with its account or alert.';
comment on table export_file is
    'Retention: exports of the retention settings, and the last 50 of a person; deleted with its account.';
comment on table alert is 'Retention: open ones are kept; resolved ones are alerts of the retention settings.';
comment on table drift is 'Retention: drift of the retention settings, from its last change on.';
comment on table maintenance is 'Retention: windows of the retention settings, from its end on.';
comment on table silence is 'Retention: windows of the retention settings, from its end on.';
comment on table liveness is
    'A few rows a host and day at most, so not partitioned. Retention: the open interval is kept, the past is liveness '
    'of the retention settings.';
comment on table group_host_period is
    'A few rows a membership. Retention: deleted with host or group; ended ones are facts of the retention settings.';
