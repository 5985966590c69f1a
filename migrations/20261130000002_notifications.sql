-- Who is told of alerts, how, and what became of it.

create table channel (
    id          uuid primary key,
    name        text not null unique,
    enabled     boolean not null,
    -- Its kind, and where it leads (collector/src/notice/channel.rs).
    settings    jsonb not null,
    -- Sealed for `channel:ID` (collector/src/authority/vault.rs); null for a channel that needs none.
    secret      bytea,
    created_at  timestamptz not null,
    created_by  text not null
);
comment on table channel is 'Retention: kept until an administrator deletes it.';

-- Which notices go to a channel: those that fit every column.
create table notification_route (
    id           uuid primary key,
    name         text not null,
    channel      uuid not null references channel on delete cascade,
    enabled      boolean not null,
    -- That severity and all above it.
    severity     text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
    -- Empty: all.
    alert_types  text[] not null,
    -- Null: the whole fleet, and what is about no host.
    group_no     integer references host_group on delete cascade,
    -- Null: always. Otherwise as collector/src/notice/hours.rs has them.
    hours        jsonb,
    created_at   timestamptz not null,
    created_by   text not null
);
comment on table notification_route is 'Retention: deleted with its channel or its group, or by an administrator.';
create index notification_route_by_channel on notification_route (channel);
create index notification_route_by_group on notification_route (group_no);

-- One notice for one channel; or for none, when no route fitted.
create table delivery (
    id            uuid primary key,
    notice_id     uuid not null,
    alert_id      uuid not null,
    -- No reference: what was told stays when the channel is deleted. Null when no route fitted.
    channel       uuid,
    channel_name  text,
    notice        jsonb not null,
    state         text not null check (state in ('waiting', 'delivered', 'dead', 'unrouted')),
    created_at    timestamptz not null,
    ended_at      timestamptz,
    check ((channel is null) = (state = 'unrouted')),
    check ((state = 'waiting') = (ended_at is null))
);
comment on table delivery is
    'Retention: kept 90 days after it has ended (housekeep in collector/src/server.rs).';
create unique index delivery_once on delivery (notice_id, channel) where channel is not null;
create unique index delivery_unrouted on delivery (notice_id) where channel is null;
create index delivery_by_alert on delivery (alert_id, channel, id);
create index delivery_by_channel on delivery (channel, id);
create index delivery_by_end on delivery (ended_at);

create table delivery_attempt (
    delivery     uuid not null references delivery on delete cascade,
    at           timestamptz not null,
    -- Of HTTP or of SMTP; null when nothing was answered.
    status       integer,
    -- What the receiver said, or why nothing was answered: the first 500 characters.
    answer       text not null,
    duration_ms  integer not null
);
comment on table delivery_attempt is 'Retention: deleted with its delivery.';
create index delivery_attempt_by_delivery on delivery_attempt (delivery, at);
