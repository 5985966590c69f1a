-- What administrators say about hosts: groups, labels, settings, maintenance.

alter table host add column labels jsonb not null default '{}';
create index host_by_labels on host using gin (labels jsonb_path_ops);

create table host_group (
    group_no     integer generated always as identity primary key,
    id           uuid not null unique,
    name         text not null unique,
    description  text not null,
    -- Of the settings of two groups of a host, those of the higher one hold; of equals, those of
    -- the name that comes first.
    precedence   integer not null,
    -- Hosts with all these labels belong to it as well; null for none but those named by hand.
    match        jsonb,
    created_at   timestamptz not null
);
comment on table host_group is 'Retention: kept until an administrator deletes it.';

create table host_group_member (
    host_no   integer not null references host on delete cascade,
    group_no  integer not null references host_group on delete cascade,
    primary key (host_no, group_no)
);
comment on table host_group_member is
    'Members named by hand or by an enrolment token. Retention: deleted with host or group.';
create index host_group_member_by_group on host_group_member (group_no);

-- Who belongs to which group, however it came to that.
create view host_in_group as
    select host_no, group_no from host_group_member
    union
    select h.host_no, g.group_no from host_group g join host h on h.labels @> g.match;

-- What tokens have named until now becomes groups.
insert into host_group (id, name, description, precedence, created_at)
select gen_random_uuid(), name, '', 0, now()
from (select group_name as name from host union select group_name from enrollment_token) as named;
insert into host_group_member (host_no, group_no)
select h.host_no, g.group_no from host h join host_group g on g.name = h.group_name;

-- One layer of settings each. Values are what PUT got; see collector/src/settings.rs.
create table fleet_settings (
    one         boolean primary key default true check (one),
    value       jsonb not null,
    updated_at  timestamptz not null,
    updated_by  text not null
);
comment on table fleet_settings is 'Retention: one row at most.';

create table group_settings (
    group_no    integer primary key references host_group on delete cascade,
    value       jsonb not null,
    updated_at  timestamptz not null,
    updated_by  text not null
);
comment on table group_settings is 'Retention: deleted with the group.';

create table host_settings (
    host_no     integer primary key references host on delete cascade,
    value       jsonb not null,
    updated_at  timestamptz not null,
    updated_by  text not null
);
comment on table host_settings is 'Retention: deleted with the host.';

-- Rises whenever anything changes that settings of hosts follow from, so that other collectors
-- hear of it.
create sequence settings_change;

create table host_in_force (
    host_no      integer primary key references host on delete cascade,
    -- SHA-256 of the settings sent last; see shared::wire::Settings.
    sent         bytea,
    sent_at      timestamptz,
    -- The same of those that the agent last said are in force; null for its own file alone.
    in_force     bytea,
    reported_at  timestamptz,
    refused      text,
    unknown      text[] not null default '{}',
    disabled     text[] not null default '{}'
);
comment on table host_in_force is 'Retention: one row a host, deleted with it.';

create table maintenance (
    id          uuid primary key,
    -- One of the two.
    host_no     integer references host on delete cascade,
    group_no    integer references host_group on delete cascade,
    reason      text not null,
    created_by  text not null,
    created_at  timestamptz not null,
    from_at     timestamptz not null,
    -- 'infinity' when nobody knows yet.
    to_at       timestamptz not null,
    -- For a window of each week, all in UTC: its first minute, counted from Monday 00:00, and how
    -- many minutes it lasts; null for one that is open from from_at to to_at.
    week_minute  integer check (week_minute between 0 and 10079),
    minutes      integer check (minutes between 1 and 10079),
    check ((host_no is null) <> (group_no is null)),
    check ((week_minute is null) = (minutes is null)),
    check (from_at < to_at)
);
comment on table maintenance is 'Retention: deleted with the months of change after to_at.';
create index maintenance_by_host on maintenance (host_no);
create index maintenance_by_group on maintenance (group_no);
create index maintenance_by_end on maintenance (to_at);
