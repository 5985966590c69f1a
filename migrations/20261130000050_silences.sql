-- Alerts of which nobody is to hear for a while, by what they are about.

create table silence (
    id          uuid primary key,
    -- What an alert must be like; null for whatever it is. One at least is said.
    rule_no     integer references alert_rule on delete cascade,
    key         text,
    -- All that the alert is about is on this host, or on hosts of this group.
    host_no     integer references host on delete cascade,
    group_no    integer references host_group on delete cascade,
    reason      text not null,
    created_by  text not null,
    created_at  timestamptz not null,
    from_at     timestamptz not null,
    to_at       timestamptz not null,
    check (from_at < to_at),
    check (num_nonnulls(rule_no, key, host_no, group_no) > 0)
);
comment on table silence is 'Retention: kept until an administrator deletes it, or for the months of change behind its end.';
create index silence_by_time on silence (to_at);

-- Since when nobody hears of it because of a silence.
alter table alert add column silenced_at timestamptz;

insert into alert_rule (id, name, condition, enabled, severity, escalate_min, created_at)
values (gen_random_uuid(), 'Scheduler stopped', '{"sort": "stalled", "minutes": 10}', true, 3, null, now())
on conflict (name) do nothing;
