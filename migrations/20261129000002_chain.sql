-- What hosts' keys vouch for: a chain over the results that each host told, and the seals under it.
-- shared/src/chain.rs says what is hashed, docs/proof.md what it proves.

alter table stream
    -- Where the chain over the host's results stands: its last link. Null before the first.
    add column result_epoch   bigint,
    add column result_seq     bigint,
    add column result_head    bytea,
    -- Whether there is a seal under that link.
    add column result_sealed  boolean not null default false;

create table result_link (
    -- The order of a host's links.
    id           bigint generated always as identity,
    -- No foreign key, as in host_fact.
    host_no      integer not null,
    epoch        bigint not null,
    seq          bigint not null,
    -- shared::chain::Sort: 1 delta, 2 part of a snapshot, 3 its last part, 4 fresh, 5 stale.
    sort         smallint not null,
    -- The host's clock, as it was hashed.
    at           timestamptz not null,
    -- When what it tells begins in host_fact.
    valid_from   timestamptz not null,
    -- The head before it, and with it.
    previous     bytea not null,
    head         bytea not null,
    -- The rules that it tells of, and for each the hash of its row (fact_value.hash); null where
    -- there is no result any more.
    keys         text[] not null,
    hashes       bytea[] not null,
    -- The collector's clock.
    recorded_at  timestamptz not null,
    primary key (host_no, id, recorded_at)
) partition by range (recorded_at);
comment on table result_link is
    'Written with the facts that it tells of. Retention: dropped by the month in which it was '
    'recorded; hosts whose last snapshot of results is half as old are asked for another.';
create table result_link_other partition of result_link default;

create table result_seal (
    id           bigint generated always as identity,
    host_no      integer not null,
    -- The link that it is set under.
    epoch        bigint not null,
    seq          bigint not null,
    head         bytea not null,
    -- What the host said of the chain at the beginning of a session: continues, new, folded. Null
    -- under links that it had just told.
    opening      text,
    -- Where the chain stood here instead, when the host went on with another: what follows is a new
    -- chain, and no part of the one before.
    replaces     bytea,
    signature    bytea not null,
    -- seal_certificate.fingerprint
    certificate  bytea not null,
    -- The collector's clock.
    received_at  timestamptz not null,
    primary key (host_no, id, received_at)
) partition by range (received_at);
comment on table result_seal is 'Retention: dropped by the month in which it was received.';
create table result_seal_other partition of result_seal default;

create table seal_certificate (
    -- SHA-256 of the DER bytes.
    fingerprint  bytea primary key,
    host_no      integer not null,
    der          bytea not null
);
comment on table seal_certificate is
    'Certificates with whose keys seals were made; table certificate forgets them at their end. '
    'Retention: deleted with the last seal.';
create index seal_certificate_by_host on seal_certificate (host_no);
