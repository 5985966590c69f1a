-- What of hosts is no longer as it was, whether that is explained, and states that are held on to.

-- The same thing on however many hosts, as long as no more than the window lies between two of its changes.
create table drift (
    no             bigint generated always as identity primary key,
    id             uuid not null unique,
    -- verdict, value or fact: see collector/src/drift.rs.
    sort           text not null,
    -- worse, better or neutral.
    direction      text not null,
    -- The kind of the fact, such as package; of results, result.
    kind           text not null,
    -- What happened, as events call it.
    code           text not null,
    -- The rule, or what the events are about.
    subject        text not null,
    -- For people, as its rule was called when it began.
    title          text not null,
    -- 0 info, 1 low, 2 medium, 3 high, 4 critical.
    severity       smallint not null,
    -- From so many hosts on it is major, as that was set when it began.
    many           integer not null,
    -- The collector's clock.
    first_at       timestamptz not null,
    last_at        timestamptz not null,
    -- 0 none, 1 minor, 2 major, over all hosts. Those who see fewer may see less.
    level          smallint not null,
    -- Whether a change of it is neither expected nor acknowledged, over all hosts.
    unexplained    boolean not null
);
comment on table drift is 'Retention: deleted with the months of change.';
-- The story that a change joins.
create index drift_open on drift (subject, code, direction, last_at desc);
create index drift_by_begin on drift (first_at desc, no desc);
create index drift_by_end on drift (last_at);
create index drift_unexplained on drift (level) where unexplained;

create table drift_change (
    drift_no         bigint not null references drift on delete cascade,
    host_no          integer not null references host on delete cascade,
    -- The row of change; no foreign key, as it goes with its month.
    change_id        bigint not null,
    -- Of the fact.
    key              text not null,
    before_id        bigint,
    after_id         bigint,
    -- For people.
    text             text not null,
    -- By how much the host's score fell within the window, in hundredths of a point; negative where it rose.
    fall             integer not null,
    -- 0 none, 1 minor, 2 major, by the fall alone.
    level            smallint not null,
    -- Whether the rule itself is another than before.
    rule_changed     boolean not null,
    -- The host's clock.
    occurred_at      timestamptz not null,
    -- The collector's clock.
    recorded_at      timestamptz not null,
    -- maintenance or rollout, and which; null where nothing explains it.
    explained_sort   text,
    explained_by     uuid,
    -- As it was called then.
    explained_as     text,
    -- Null while nobody has.
    acknowledged_by  text,
    acknowledged_at  timestamptz,
    note             text,
    -- Each change is told of a host once in a story.
    primary key (host_no, change_id, drift_no),
    check ((explained_sort is null) = (explained_by is null))
);
comment on table drift_change is 'Retention: deleted with its story.';
create index drift_change_by_story on drift_change (drift_no, recorded_at desc);

-- The feed of all that happens asks each of its sources by time.
create index alert_history_by_time on alert_history (at desc, id desc);
create index liveness_by_begin on liveness (valid_from desc, host_no desc);
-- Records that name a host besides their target, such as those of its windows.
create index audit_record_by_host on audit_record
    ((coalesce(body::jsonb #>> '{after,host}', body::jsonb #>> '{before,host}')), at);

-- An instant of a host or a group, with a name: what it was then is in the intervals.
create table baseline (
    id           uuid primary key,
    name         text not null,
    -- One of the two.
    host_no      integer references host on delete cascade,
    group_no     integer references host_group on delete cascade,
    -- The hosts' clocks.
    at           timestamptz not null,
    -- Only the rules that are seen through it: its sort (framework or profile) and key; null for all.
    lens_sort    text,
    lens_key     text,
    note         text not null,
    created_by   text not null,
    created_at   timestamptz not null,
    -- Who said last which instant it is, and when.
    pinned_by    text not null,
    pinned_at    timestamptz not null,
    check ((host_no is null) <> (group_no is null)),
    check ((lens_sort is null) = (lens_key is null))
);
comment on table baseline is
    'Retention: kept until somebody deletes it, or with the host or group. What it names goes with the months of change.';
create unique index baseline_name on baseline (coalesce(host_no, 0), coalesce(group_no, 0), name);

create table past_kept (
    one        boolean primary key default true check (one),
    -- Of before, something was dropped.
    kept_from  timestamptz not null
);
comment on table past_kept is 'Retention: one row at most.';
