-- Who belongs to the fleet, and who may join it.

create table host (
    -- Short number for every table that grows; never shown.
    host_no          integer generated always as identity primary key,
    -- The identity in the host's certificate and in the API.
    id               uuid not null unique,
    -- As enrolled, then as the newest `os` fact says.
    hostname         text not null,
    -- PRETTY_NAME of the newest `os` fact.
    os_name          text,
    -- The group that the enrolment token named.
    group_name       text not null,
    -- SHA-256 of /etc/machine-id. A change of it means a cloned machine.
    machine          bytea not null,
    agent_version    text not null,
    enrolled_at      timestamptz not null,
    -- Collector's clock; flushed once a minute while connected, and on disconnection.
    last_seen_at     timestamptz not null,
    revoked_at       timestamptz,
    -- Why its records are refused for now; null when they are not.
    quarantine       text
);
comment on table host is 'Retention: kept until an administrator deletes the host.';
create index host_by_hostname on host (hostname, id);
create index host_by_last_seen on host (last_seen_at, id);
create index host_by_enrolled on host (enrolled_at, id);

create table certificate (
    -- SHA-256 of the DER bytes: what the handshake looks up in memory.
    fingerprint  bytea primary key,
    host_no      integer not null references host on delete cascade,
    issued_at    timestamptz not null,
    not_after    timestamptz not null
);
comment on table certificate is 'Retention: deleted when past not_after and the renewal grace.';
create index certificate_by_host on certificate (host_no);

create table enrollment_token (
    id          uuid primary key,
    -- SHA-256 of the token's text, which is shown once and kept nowhere.
    hash        bytea not null,
    name        text not null,
    group_name  text not null,
    max_uses    integer not null check (max_uses > 0),
    uses        integer not null default 0 check (uses <= max_uses),
    created_at  timestamptz not null,
    created_by  text not null,
    expires_at  timestamptz not null,
    revoked_at  timestamptz
);
comment on table enrollment_token is 'Retention: deleted 90 days after expiry.';

create table account (
    id             uuid primary key,
    name           text not null unique,
    -- PHC string, argon2id.
    password_hash  text not null,
    created_at     timestamptz not null
);
comment on table account is 'Retention: kept until deleted by an administrator.';

create table session (
    -- SHA-256 of the cookie's value.
    hash        bytea primary key,
    account_id  uuid not null references account on delete cascade,
    created_at  timestamptz not null,
    used_at     timestamptz not null,
    expires_at  timestamptz not null
);
comment on table session is 'Retention: deleted when past expires_at.';
