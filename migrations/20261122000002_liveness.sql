-- Whether each host was heard of, and if not, why: intervals of one state each.

create table liveness (
    host_no       integer not null references host on delete cascade,
    -- See collector/src/liveness.rs.
    state         text not null,
    -- What was seen, for people.
    detail        text not null,
    -- The collector's clock; intervals of a host follow each other without holes.
    valid_from    timestamptz not null,
    valid_to      timestamptz not null,
    -- Whether a maintenance window was open when the interval began.
    maintenance   boolean not null,
    -- What the host said afterwards that it had been; null when it said nothing else.
    cause         text,
    cause_detail  text,
    primary key (host_no, valid_from),
    check (valid_from < valid_to)
);
comment on table liveness is
    'A few rows a host and day at most, so not partitioned. Retention: the open interval is kept; '
    'ended ones are deleted with the months of change.';
-- Never two present states.
create unique index liveness_present on liveness (host_no) where valid_to = 'infinity';
create index liveness_by_state on liveness (state) where valid_to = 'infinity';
create index liveness_by_end on liveness (valid_to) where valid_to <> 'infinity';

-- What each host's agent said of itself when it last connected.
create table host_run (
    host_no           integer primary key references host on delete cascade,
    boot_id           text not null,
    -- This and the next by the collector's clock; null when the host did not say.
    booted_at         timestamptz,
    agent_started_at  timestamptz,
    -- Tells the agent's process from every other; null before one has said.
    process           bytea,
    -- How often the boot was another one than before.
    reboots           integer not null default 0,
    -- By how much the host's clock is ahead of the collector's; negative when it is behind.
    skew_ms           bigint not null,
    measured_at       timestamptz not null,
    -- The newest session: the end of an older one says nothing about the host any more.
    session           uuid not null
);
comment on table host_run is 'Retention: one row a host, deleted with it.';

-- Hosts of before: they were heard of, and what became of them nobody wrote down.
insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
select host_no, 'unknown', 'not recorded before this version', last_seen_at, 'infinity', false
from host;
