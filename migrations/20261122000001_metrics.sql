-- How busy every host is and was: minutes, and what is left of them later.
--
-- A row holds all series of a host in one stretch, because rows are what costs: 20,000 hosts with
-- 80 series each are 333 rows a second so, and 26,000 otherwise. The arrays of a row are parallel.
-- Nothing is ever updated but the stretches that a late minute falls into, and nothing is deleted:
-- partitions are dropped.

create table metric_series (
    id    integer generated always as identity primary key,
    -- `cpu.user`, `disk.read_bytes{device=sda}`; see docs/metrics.md.
    name  text not null unique
);
comment on table metric_series is 'Retention: kept; shared by the fleet, one row for each name.';

create table metric_raw (
    -- No foreign key, as in host_fact.
    host_no      integer not null,
    -- When the minute began, by the host's clock.
    at           timestamptz not null,
    -- The database's clock: the roll-up looks for what is new since it last did.
    recorded_at  timestamptz not null default now(),
    series       integer[] not null,
    mins         real[] not null,
    means        real[] not null,
    maxs         real[] not null,
    lasts        real[] not null,
    primary key (host_no, at)
) partition by range (at);
comment on table metric_raw is
    'Retention: metrics.raw_hours of the collector''s settings, 48 hours unless set; dropped by the day.';
-- Rows lie in the order in which they came: a few bytes for each stretch of pages find the newest.
create index metric_raw_by_recorded on metric_raw using brin (recorded_at) with (pages_per_range = 16);

create table metric_5m (
    host_no  integer not null,
    -- When the five minutes began.
    at       timestamptz not null,
    series   integer[] not null,
    mins     real[] not null,
    -- The mean of the minutes' means.
    means    real[] not null,
    maxs     real[] not null,
    primary key (host_no, at)
) partition by range (at);
comment on table metric_5m is
    'Retention: metrics.five_minute_days of the settings, 30 days unless set; dropped by the day.';

create table metric_1h (
    host_no  integer not null,
    -- When the hour began.
    at       timestamptz not null,
    series   integer[] not null,
    mins     real[] not null,
    -- The mean of the minutes' means.
    means    real[] not null,
    maxs     real[] not null,
    primary key (host_no, at)
) partition by range (at);
comment on table metric_1h is
    'Retention: metrics.hour_months of the settings, 24 months unless set; dropped by the month.';

-- How far the roll-up has come.
create table metric_rollup (
    step_s       integer primary key,
    -- Everything recorded until then is in the table of this step; the database's clock.
    recorded_to  timestamptz not null
);
comment on table metric_rollup is 'Retention: one row for each of metric_5m and metric_1h.';
