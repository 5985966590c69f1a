-- Signed content: the roots and bundles that were published here, which bundle each host is to have, and
-- which it says it has. shared/src/bundle.rs says what a bundle is; the collector can make none.

create table root (
    version      integer primary key,
    -- Exactly what was signed, and the file of signatures beside it.
    document     bytea not null,
    signatures   bytea not null,
    expires      timestamptz not null,
    added_at     timestamptz not null,
    added_by     text not null
);
comment on table root is
    'Retention: kept. A host that was away for long follows them one after the other.';

create table bundle (
    -- SHA-256 of the document.
    manifest       bytea primary key,
    serial         bigint not null unique,
    created        timestamptz not null,
    expires        timestamptz not null,
    -- The newest root when its signatures were last verified here.
    root_version   integer not null references root,
    document       bytea not null,
    signatures     bytea not null,
    -- Bytes of all files.
    size           bigint not null,
    note           text not null,
    published_at   timestamptz not null,
    published_by   text not null
);
comment on table bundle is
    'Retention: kept. What hosts were held to explains what came of it, and files are stored once.';

create table content_object (
    -- SHA-256 of the bytes.
    hash         bytea primary key,
    -- How many they are, and they as a zstd frame.
    size         integer not null,
    body         bytea not null
);
comment on table content_object is
    'Each distinct file of all bundles, once. Retention: kept with the bundles.';

create table bundle_file (
    manifest     bytea not null references bundle on delete cascade,
    path         text not null,
    hash         bytea not null references content_object,
    size         integer not null,
    primary key (manifest, path)
);
comment on table bundle_file is 'Retention: kept with its bundle.';

create table host_offer (
    host_no      integer primary key references host on delete cascade,
    manifest     bytea not null references bundle,
    -- Whether it is to be tried only.
    trial        boolean not null,
    -- Names the offer, so that the same bundle can be offered anew.
    order_id     uuid not null,
    offered_at   timestamptz not null
);
comment on table host_offer is
    'The bundle that a host is to have. Retention: one row a host, deleted with it.';

create table host_content (
    host_no         integer primary key references host on delete cascade,
    -- Whether the agent that connected last takes bundles.
    takes           boolean not null,
    -- The bundle in force; null for what was installed with the agent.
    serial          bigint,
    manifest        bytea,
    created         timestamptz,
    expires         timestamptz,
    -- When it came in force, by the host's clock.
    since           timestamptz,
    -- Serials that can come in force again without the network.
    kept            bigint[] not null default '{}',
    -- The root that the host trusts; null for none.
    root_version    integer,
    root_expires    timestamptz,
    -- Whether somebody put it there beside the agent.
    root_pinned     boolean,
    -- What came of the last offer; null before the first.
    offer_order     uuid,
    offer_serial    bigint,
    offer_manifest  bytea,
    -- fetching, trying, tried, in_force, returned, refused
    offer_stage     text,
    -- Of a refused one: why, as shared::wire::ContentRefusal is named.
    offer_refusal   text,
    offer_detail    text,
    -- shared::wire::Trial
    trial           jsonb,
    reported_at     timestamptz
);
comment on table host_content is
    'What each host says of its content. Retention: one row a host, deleted with it.';
create index host_content_by_manifest on host_content (manifest);
