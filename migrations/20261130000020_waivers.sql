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

-- What is waived at an instant: a rule on a host, or on every host where that is null; and until when. One row for each
-- waiver, rule and host, so that it is few rows, however many results there are.
create function waiver_cover(at timestamptz)
returns table (waiver_no integer, rule text, host_no integer, ends_at timestamptz) language sql stable as $$
    select w.no, r.rule, null::integer, least(w.expires_at, w.ended_at)
    from waiver w cross join unnest(w.rules) as r (rule)
    where w.scope = 'fleet' and w.approved_at <= $1 and $1 < w.expires_at and $1 < w.ended_at
    union all
    select w.no, r.rule, w.host_no, least(w.expires_at, w.ended_at)
    from waiver w cross join unnest(w.rules) as r (rule)
    where w.host_no is not null and w.approved_at <= $1 and $1 < w.expires_at and $1 < w.ended_at
    union all
    select w.no, r.rule, m.host_no, least(w.expires_at, w.ended_at)
    from waiver w
    join group_host_period m on m.group_no = w.group_no and m.valid_from <= $1 and m.valid_to > $1
    cross join unnest(w.rules) as r (rule)
    where w.approved_at <= $1 and $1 < w.expires_at and $1 < w.ended_at
$$;

-- The results that fail at an instant and are waived, each with the waiver that lasts longest. What is waived on every host is
-- looked for by its value, and on some hosts by host.
create function waived(at timestamptz)
returns table (host_no integer, key_id bigint, rule text, waiver_no integer, ends_at timestamptz)
language sql stable as $$
    select distinct on (s.host_no, s.key_id) s.host_no, s.key_id, s.rule, s.waiver_no, s.ends_at
    from (
        select f.host_no, f.key_id, c.rule, c.waiver_no, c.ends_at
        from waiver_cover($1) c
        join fact_kind kind on kind.name = 'result'
        join fact_key k on k.kind = kind.id and split_part(k.key, '@', 1) = c.rule
        join fact_value v on v.key_id = k.id and v.value ->> 'verdict' = 'fail'
        join host_fact f on f.value_id = v.id and f.kind = kind.id and f.key_id = k.id
            and f.valid_from <= $1 and f.valid_to > $1
        where c.host_no is null
        union all
        select f.host_no, f.key_id, c.rule, c.waiver_no, c.ends_at
        from waiver_cover($1) c
        join fact_kind kind on kind.name = 'result'
        join fact_key k on k.kind = kind.id and split_part(k.key, '@', 1) = c.rule
        join host_fact f on f.host_no = c.host_no and f.kind = kind.id and f.key_id = k.id
            and f.valid_from <= $1 and f.valid_to > $1
        join fact_value v on v.id = f.value_id and v.value ->> 'verdict' = 'fail'
        where c.host_no is not null
    ) as s
    order by s.host_no, s.key_id, s.ends_at desc, s.waiver_no
$$;

insert into alert_rule (id, name, condition, enabled, severity, escalate_min, created_at)
select gen_random_uuid(), name, condition::jsonb, true, null, null, now()
from (values
    ('Waivers requested', '{"sort": "waiver_requested"}'),
    ('Waivers expire in 7 days', '{"sort": "waiver_expiring", "days": 7}'),
    ('Waivers expire in 72 hours', '{"sort": "waiver_expiring", "days": 3}'),
    ('Waivers expired', '{"sort": "waiver_expired", "minutes": 1440}')
) as v (name, condition);
