-- Failures that somebody has accepted for a while. Results are left as they are: a waiver lies over them, and whether it
-- counts at an instant follows from its own instants.

create table waiver (
    no                    integer generated always as identity primary key,
    id                    uuid not null unique,
    -- Whom it is for: 'host', 'group' or 'fleet'. What is deleted is nobody any more, and never everybody.
    scope                 text not null check (scope in ('host', 'group', 'fleet')),
    -- The identity and the name of the host or the group, which stay when it is deleted; null and empty for the fleet.
    scope_id              uuid,
    scope_name            text not null,
    host_no               integer references host on delete set null,
    group_no              integer references host_group on delete set null,
    -- A rule, or a control of a framework.
    rule                  text,
    framework             text,
    control               text,
    -- The rules that are meant: of a control, those that it was mapped to when somebody asked.
    rules                 text[] not null check (cardinality(rules) > 0),
    reason                text not null,
    compensating_control  text not null,
    risk_acceptance       text not null,
    evidence              text not null,
    -- For how long it counts from its approval.
    days                  integer not null check (days between 1 and 365),
    -- The one that it goes on with, when it is approved.
    continues             integer references waiver,
    -- As it was left by people, see collector/src/waiver.rs: that it has expired follows from the clock.
    state                 text not null
        check (state in ('requested', 'approved', 'rejected', 'withdrawn', 'revoked', 'renewed')),
    requested_at          timestamptz not null,
    -- No foreign key: who asked is told also when there is no such account any more.
    requester             uuid not null,
    requested_by          text not null,
    -- It counts from the one (inclusive) to the earlier of the others (exclusive).
    approved_at           timestamptz,
    expires_at            timestamptz,
    ended_at              timestamptz not null default 'infinity',
    approver              uuid,
    approved_by           text,
    check ((scope = 'fleet') = (scope_id is null)),
    check (host_no is null or scope = 'host'),
    check (group_no is null or scope = 'group'),
    check ((rule is null) = (framework is not null) and (framework is null) = (control is null)),
    check ((approved_at is null) = (expires_at is null) and (approved_at is null) = (approver is null)),
    check (approver <> requester)
);
comment on table waiver is 'Retention: kept, because scores of the past stand on it.';
create index waiver_by_time on waiver (requested_at desc, no desc);
create index waiver_in_force on waiver (expires_at) where approved_at is not null;
create unique index waiver_once on waiver (
    scope, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'), coalesce(rule, ''), coalesce(framework, ''),
    coalesce(control, '')) where state = 'requested';

create table waiver_history (
    id         bigint generated always as identity primary key,
    waiver_no  integer not null references waiver on delete cascade,
    at         timestamptz not null,
    -- What was done to it, or `commented`.
    what       text not null,
    who        text not null,
    detail     text not null
);
comment on table waiver_history is 'Retention: kept with its waiver.';
create index waiver_history_by_waiver on waiver_history (waiver_no, id);

-- What is waived at some instant from $1 to $2 (an instant: both), and from when (inclusive) to when (exclusive): a rule on a
-- host, or on every host where that is null. One row for each waiver, rule and host, so that these are few, however many results
-- there are.
create function waiver_cover(timestamptz, timestamptz)
returns table (waiver_no integer, rule text, host_no integer, starts_at timestamptz, ends_at timestamptz)
language sql stable as $$
    select w.no, r.rule, null::integer, w.approved_at, least(w.expires_at, w.ended_at)
    from waiver w cross join unnest(w.rules) as r (rule)
    where w.scope = 'fleet' and w.approved_at <= $2 and w.expires_at > $1 and w.ended_at > $1
        and w.approved_at < w.ended_at
    union all
    select w.no, r.rule, w.host_no, w.approved_at, least(w.expires_at, w.ended_at)
    from waiver w cross join unnest(w.rules) as r (rule)
    where w.host_no is not null and w.approved_at <= $2 and w.expires_at > $1 and w.ended_at > $1
        and w.approved_at < w.ended_at
    union all
    select w.no, r.rule, m.host_no, greatest(w.approved_at, m.valid_from),
           least(w.expires_at, w.ended_at, m.valid_to)
    from waiver w
    join group_host_period m on m.group_no = w.group_no and m.valid_from <= $2 and m.valid_to > $1
        and m.valid_to > w.approved_at and m.valid_from < w.expires_at and m.valid_from < w.ended_at
    cross join unnest(w.rules) as r (rule)
    where w.group_no is not null and w.approved_at <= $2 and w.expires_at > $1 and w.ended_at > $1
        and w.approved_at < w.ended_at
$$;

-- The results that fail at some instant from $1 to $2 and are waived then, by which waiver, from when to when; only of the hosts $3
-- and the rules $4, where these are not null. What is waived on every host is looked for by its value, and on some hosts by
-- host. `offset 0` keeps the planner, which cannot know how few these are, from going over all results instead.
create function waived(timestamptz, timestamptz, integer[], text[])
returns table (host_no integer, key_id bigint, rule text, waiver_no integer, starts_at timestamptz,
               ends_at timestamptz)
language sql stable as $$
    select * from (
        select f.host_no, k.id, c.rule, c.waiver_no, greatest(c.starts_at, f.valid_from) as starts_at,
               least(c.ends_at, f.valid_to) as ends_at
        from waiver_cover($1, $2) c
        join (
            select id, kind, split_part(key, '@', 1) as rule from fact_key
            where kind = (select id from fact_kind where name = 'result') offset 0
        ) as k on k.rule = c.rule
        cross join lateral (
            select id from fact_value v
            where v.key_id = k.id and v.value ->> 'verdict' = 'fail' offset 0
        ) as v
        cross join lateral (
            select host_no, valid_from, valid_to from host_fact f
            where f.value_id = v.id and f.kind = k.kind and f.key_id = k.id
                and f.valid_from <= $2 and f.valid_to > $1 offset 0
        ) as f
        where $3 is null and c.host_no is null and ($4 is null or c.rule = any($4))
        union all
        select c.host_no, k.id, c.rule, c.waiver_no, greatest(c.starts_at, f.valid_from),
               least(c.ends_at, f.valid_to)
        from (
            select waiver_no, rule, host_no, starts_at, ends_at from waiver_cover($1, $2)
            where host_no is not null and ($3 is null or host_no = any($3))
            union all
            select c.waiver_no, c.rule, h.host_no, c.starts_at, c.ends_at
            from waiver_cover($1, $2) c cross join unnest($3) as h (host_no)
            where c.host_no is null
        ) as c
        join (
            select id, kind, split_part(key, '@', 1) as rule from fact_key
            where kind = (select id from fact_kind where name = 'result') offset 0
        ) as k on k.rule = c.rule
        cross join lateral (
            select value_id, valid_from, valid_to from host_fact f
            where f.host_no = c.host_no and f.kind = k.kind and f.key_id = k.id
                and f.valid_from <= $2 and f.valid_to > $1 offset 0
        ) as f
        cross join lateral (
            select from fact_value v where v.id = f.value_id and v.value ->> 'verdict' = 'fail' offset 0
        ) as v
        where $4 is null or c.rule = any($4)
    ) as s
    where s.starts_at < s.ends_at
$$;

insert into alert_rule (id, name, condition, enabled, severity, escalate_min, created_at)
select gen_random_uuid(), name, condition::jsonb, true, null, null, now()
from (values
    ('Waivers requested', '{"sort": "waiver_requested"}'),
    ('Waivers expire in 7 days', '{"sort": "waiver_expiring", "days": 7}'),
    ('Waivers expire in 72 hours', '{"sort": "waiver_expiring", "days": 3}'),
    ('Waivers expired', '{"sort": "waiver_expired", "minutes": 1440}')
) as v (name, condition);
