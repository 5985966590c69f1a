-- What every host is and was: a dictionary of values, and intervals that refer to it.

create table fact_kind (
    id    smallint generated always as identity primary key,
    name  text not null unique
);
comment on table fact_kind is 'Retention: kept; one row for each kind any agent ever sent.';

create table fact_key (
    id    bigint generated always as identity primary key,
    kind  smallint not null references fact_kind,
    key   text not null,
    unique (kind, key)
);
comment on table fact_key is 'Retention: kept; shared by the fleet.';
-- Prefix search over a kind, as in GET /facts?kind=package&key=openssl.
create index fact_key_by_prefix on fact_key (kind, key text_pattern_ops);

create table fact_value (
    id      bigint generated always as identity primary key,
    key_id  bigint not null references fact_key,
    -- SHA-256 over kind, key and canonical value; see shared::fact::RowHash.
    hash    bytea not null unique,
    value   jsonb not null
);
comment on table fact_value is
    'Each distinct value once for the fleet. Retention: kept; 50,000 equal hosts share one row.';
create index fact_value_by_key on fact_value (key_id);

-- A value that a host had from one instant (inclusive) to another (exclusive). The instants are
-- the host's clock, made to rise strictly within a host, so that intervals never overlap.
create table host_fact (
    -- No foreign key: its check doubled the cost of writing, and rows come only from hosts that the
    -- door let in.
    host_no     integer not null,
    kind        smallint not null,
    key_id      bigint not null,
    value_id    bigint not null,
    valid_from  timestamptz not null,
    valid_to    timestamptz not null,
    primary key (host_no, kind, key_id, valid_to)
) partition by range (valid_to);
comment on table host_fact is
    'Retention: the present is kept; the past is dropped by the month in which rows ended.';
-- Which hosts have this value now, or had it then.
create index host_fact_by_value on host_fact (value_id);

-- The present: one row for each host and key.
create table host_fact_present partition of host_fact for values from ('infinity') to (maxvalue);
-- Rows that ended in a month that has no partition: a host's clock can say anything.
create table host_fact_other partition of host_fact default;

-- Where each host's stream stands. Written in the transaction that writes its rows, so that a
-- record that is sent twice is recognised.
create table stream (
    host_no      integer primary key references host on delete cascade,
    epoch        bigint not null,
    applied_seq  bigint not null,
    -- The newest instant used in this host's intervals; null before the first.
    last_at      timestamptz
);
comment on table stream is 'Retention: one row a host, deleted with it.';

create table host_kind (
    host_no       integer not null references host on delete cascade,
    kind          smallint not null references fact_kind,
    -- Digest of the present rows; see shared::digest. Null until the kind was read once.
    digest        bytea,
    row_count     integer not null,
    -- When the host last reported about this kind, by its clock.
    reported_at   timestamptz not null,
    -- Why the rows may be out of date; null when they are what the host is.
    stale_reason  text,
    stale_detail  text,
    stale_since   timestamptz,
    primary key (host_no, kind)
);
comment on table host_kind is 'Retention: one row a host and kind, deleted with the host.';

-- The transaction log: one row for each transition of a fact after a kind was first reported.
create table change (
    id           bigint generated always as identity,
    -- No foreign key, as in host_fact.
    host_no      integer not null,
    kind         smallint not null,
    key_id       bigint not null,
    -- Null when the row appeared.
    before_id    bigint,
    -- Null when the row went away.
    after_id     bigint,
    -- The host's clock.
    occurred_at  timestamptz not null,
    -- The collector's clock.
    recorded_at  timestamptz not null,
    primary key (host_no, id, recorded_at),
    check (before_id is distinct from after_id)
) partition by range (recorded_at);
comment on table change is 'Retention: dropped by the month in which it was recorded.';
create index change_by_time on change (host_no, occurred_at desc, id desc);
create table change_other partition of change default;

-- Where single changes of a host are missing, because its outbox was full.
create table stream_gap (
    host_no      integer not null references host on delete cascade,
    from_at      timestamptz not null,
    to_at        timestamptz not null,
    records      bigint not null,
    recorded_at  timestamptz not null
);
comment on table stream_gap is 'Retention: kept as long as change.';
create index stream_gap_by_host on stream_gap (host_no, from_at);
