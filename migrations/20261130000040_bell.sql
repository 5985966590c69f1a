-- What each person is told in the console.

create table notification (
    id          uuid primary key,
    account_id  uuid not null references account on delete cascade,
    -- What is one thing to its person: more of it raises the count of the row that there is.
    group_key   text not null,
    -- Whoever may not see it, is not told. Null for what is about no alert.
    alert_id    uuid references alert (id) on delete cascade,
    -- What it is of, as routes of notices call it.
    sort        text not null,
    -- What happened last: see collector/src/notice/bell.rs.
    what        text not null,
    severity    smallint not null,
    title       text not null,
    -- How often it was told.
    count       integer not null,
    first_at    timestamptz not null,
    -- Of a person's rows no two have the same, and what is committed later has a later one: all up to one that
    -- somebody has seen they could have seen.
    told_at     timestamptz not null,
    -- Null while its person has not looked at what was told last.
    read_at     timestamptz
);
comment on table notification is
    'Retention: 90 days after it was told last, and the last 500 of a person (housekeep in collector/src/server.rs); deleted with its account or alert.';
create unique index notification_once on notification (account_id, group_key);
create unique index notification_by_time on notification (account_id, told_at);
create index notification_by_age on notification (told_at);
create index notification_by_alert on notification (alert_id);

-- Whether an alert has something to tell to whoever sees the hosts of these groups; null for every host.
create function alert_is_within(alert_no bigint, groups integer[]) returns boolean language sql stable as $$
    select groups is null or exists (
        select from alert a
        join alert_subject s on s.alert_no = a.no and (s.until is null or a.resolved_at is not null)
        join host_in_group i on i.host_no = s.host_no and i.group_no = any(groups)
        where a.no = alert_is_within.alert_no)
$$;
