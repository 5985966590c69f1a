-- What is to be told of hosts, and what was.

create table alert_rule (
    no            integer generated always as identity primary key,
    id            uuid not null unique,
    name          text not null unique,
    -- What it goes by, with its figures: see collector/src/alert.rs.
    condition     jsonb not null,
    enabled       boolean not null,
    -- Null: as serious as what it finds.
    severity      smallint,
    -- Only hosts of this group; null for all.
    group_no      integer references host_group on delete cascade,
    -- Minutes after which an alert that nobody has acknowledged is more serious; null for never.
    escalate_min  integer,
    created_at    timestamptz not null
);
comment on table alert_rule is 'Retention: kept until an administrator deletes it.';

create table alert (
    no               bigint generated always as identity primary key,
    id               uuid not null unique,
    rule_no          integer not null references alert_rule on delete cascade,
    -- What of the rule: alerts that are open at once differ by it.
    key              text not null,
    severity         smallint not null,
    title            text not null,
    -- See collector/src/alert/state.rs.
    state            text not null,
    opened_at        timestamptz not null,
    changed_at       timestamptz not null,
    resolved_at      timestamptz,
    acknowledged_by  text,
    assignee         text,
    snoozed_until    timestamptz,
    escalated_at     timestamptz
);
comment on table alert is 'Retention: open ones are kept; resolved ones are deleted with the months of change.';
create unique index alert_open on alert (rule_no, key) where resolved_at is null;
create index alert_by_time on alert (opened_at desc, no desc);

create table alert_subject (
    alert_no  bigint not null references alert on delete cascade,
    -- Null for what concerns no host.
    host_no   integer references host on delete cascade,
    -- What of the host; empty for the host itself.
    item      text not null,
    text      text not null,
    since     timestamptz not null,
    -- Null while it is so.
    until     timestamptz
);
comment on table alert_subject is 'Retention: deleted with its alert.';
create unique index alert_subject_now on alert_subject (alert_no, coalesce(host_no, 0), item) where until is null;
create index alert_subject_by_host on alert_subject (host_no) where until is null;

create table alert_history (
    id        bigint generated always as identity primary key,
    alert_no  bigint not null references alert on delete cascade,
    at        timestamptz not null,
    what      text not null,
    -- Who did it; the collector's own deeds are `collector`.
    who       text not null,
    detail    text not null
);
comment on table alert_history is 'Retention: deleted with its alert.';
create index alert_history_by_alert on alert_history (alert_no, id);

-- What every installation begins with. Names are for people, and can be changed.
insert into alert_rule (id, name, condition, enabled, severity, escalate_min, created_at)
select gen_random_uuid(), name, condition::jsonb, enabled, severity, null, now()
from (values
    ('Critical findings', '{"sort": "finding", "severity": "critical"}', true, null::smallint),
    ('High findings', '{"sort": "finding", "severity": "high"}', true, null),
    ('Medium findings', '{"sort": "finding", "severity": "medium"}', false, null),
    ('Low findings', '{"sort": "finding", "severity": "low"}', false, null),
    ('Score drops', '{"sort": "score_drop", "points": 20, "hours": 24}', true, 3),
    ('Not compliant', '{"sort": "score_below", "percent": 80}', true, 2),
    ('Falling trend', '{"sort": "falling", "days": 3}', true, 2),
    ('Hosts unreachable', '{"sort": "unreachable", "seconds": 90}', true, 3),
    ('Hosts back', '{"sort": "event", "codes": ["host.recovered"], "minutes": 10}', true, 0),
    ('Hosts silent', '{"sort": "silent", "hours": 48}', true, 2),
    ('Rules in error', '{"sort": "errors", "least": 1}', true, 2),
    ('Collector behind', '{"sort": "behind", "hosts": 20, "minutes": 60}', true, 3),
    ('Drift', '{"sort": "event", "codes": ["result.failed"], "minutes": 60}', true, 3),
    ('Mended by itself', '{"sort": "event", "codes": ["result.fixed"], "minutes": 60}', false, 0),
    ('Mass drift', '{"sort": "mass", "hosts": 10, "minutes": 60}', true, 4),
    ('Rights of root given', '{"sort": "event", "codes": ["user.is_root", "user.no_password", "user.sudo_granted", "user.privileged_group_added", "ssh_key.added", "sudo_rule.added"], "minutes": 1440}', true, null),
    ('Ports opened', '{"sort": "event", "codes": ["port.opened"], "minutes": 60}', false, null)
) as v (name, condition, enabled, severity);
