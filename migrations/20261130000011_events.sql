-- What the changes of hosts mean to people.

create table event (
    id           bigint generated always as identity,
    -- No foreign key, as in host_fact.
    host_no      integer not null,
    -- See collector/src/event.rs.
    code         text not null,
    -- 0 info, 1 low, 2 medium, 3 high, 4 critical.
    severity     smallint not null,
    subject      text not null,
    -- For people.
    text         text not null,
    -- The fact as it was and as it is; null when there was or is none, and of what is no fact.
    before_id    bigint,
    after_id     bigint,
    -- The host's clock.
    occurred_at  timestamptz not null,
    -- The collector's clock.
    recorded_at  timestamptz not null,
    -- Whether a maintenance window was open.
    maintenance  boolean not null,
    primary key (id, recorded_at)
) partition by range (recorded_at);
comment on table event is 'Retention: dropped by the month in which it was recorded.';
create index event_by_time on event (recorded_at desc, id desc);
create index event_by_host on event (host_no, recorded_at desc, id desc);
create index event_by_code on event (code, recorded_at desc, id desc);
create table event_other partition of event default;
