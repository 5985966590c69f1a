-- How bundles come to the fleet, the story of each rollout, and which builds of the agent are genuine.

create table rollout (
    -- Version 7: the newest is the highest.
    id           uuid primary key,
    manifest     bytea not null references bundle,
    -- Rings and gates; see collector/src/rollout/plan.rs.
    plan         jsonb not null,
    state        text not null check (state in ('what_if', 'running', 'paused', 'halted', 'completed',
                                                'rolling_back', 'rolled_back')),
    -- Names its offers: another after each time that it begins anew.
    order_id     uuid not null,
    -- The last ring that is open, from 0 on, and since when.
    ring         integer not null,
    ring_since   timestamptz not null,
    -- Since when enough of that ring have the bundle.
    settled_at   timestamptz,
    -- What the fleet was to have before; null for what was installed with agents.
    before       bytea references bundle,
    -- The same content under a higher serial, once it is rolled back.
    back         bytea references bundle,
    created_at   timestamptz not null,
    created_by   text not null,
    -- When it was more than a trial for the first time.
    started_at   timestamptz
);
comment on table rollout is 'Retention: kept. A row for each time that content is changed.';
create unique index rollout_active on rollout ((true))
    where state in ('what_if', 'running', 'paused', 'rolling_back');

create table rollout_event (
    id           bigint generated always as identity primary key,
    rollout      uuid not null references rollout,
    at           timestamptz not null,
    -- An account, or 'collector'.
    by           text not null,
    what         text not null,
    -- The name of the ring that it is about.
    ring         text,
    -- For people; may be empty.
    detail       text not null,
    -- Whether somebody should look.
    alert        boolean not null
);
comment on table rollout_event is
    'What happened to rollouts: rows are added and never changed. Retention: kept with the rollout.';
create index rollout_event_by_rollout on rollout_event (rollout, id);

-- How old the content of each host is that takes bundles.
create view host_freshness as
    select c.host_no, c.serial, c.expires, c.offer_refusal,
        -- Since when it is offered a newer bundle than it has.
        case when not o.trial and b.serial > coalesce(c.serial, 0) then o.offered_at end
            as behind_since
    from host_content c
    left join host_offer o on o.host_no = c.host_no
    left join bundle b on b.manifest = o.manifest
    where c.takes;

create table agent_release (
    -- SHA-256 of the document.
    hash           bytea primary key,
    version        text not null unique,
    -- Exactly what was signed, and the file of signatures beside it.
    document       bytea not null,
    signatures     bytea not null,
    published_at   timestamptz not null,
    published_by   text not null
);
comment on table agent_release is
    'Retention: kept. A host may run an old build for as long as it likes.';

create table agent_build (
    -- SHA-256 of the executable file.
    build      bytea primary key,
    version    text not null references agent_release (version),
    platform   text not null
);
comment on table agent_build is 'The builds of each release. Retention: kept with it.';
create index agent_build_by_version on agent_build (version);

-- The build of the agent that connected last, as it says; null before it has said.
alter table host add column build bytea;
