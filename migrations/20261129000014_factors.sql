-- What people show beside their password, or instead of it.

create table totp (
    account_id    uuid primary key references account on delete cascade,
    -- Sealed (collector/src/vault.rs).
    secret        bytea not null,
    created_at    timestamptz not null,
    -- Null until a code has shown that the secret has arrived in an authenticator.
    confirmed_at  timestamptz,
    -- The last step of 30 s whose code was taken: neither that nor an earlier one is taken again.
    last_step     bigint not null default 0,
    -- Wrong codes since the last right one.
    failures      integer not null default 0
);
comment on table totp is 'Retention: deleted with its account, or by its owner or an administrator.';

create table backup_code (
    account_id  uuid not null references account on delete cascade,
    -- Keyed hash of the code, which is shown once and kept nowhere.
    hash        bytea not null,
    created_at  timestamptz not null,
    used_at     timestamptz,
    primary key (account_id, hash)
);
comment on table backup_code is 'Retention: deleted with its account, or when others take their place.';

create table passkey (
    id             uuid primary key,
    account_id     uuid not null references account on delete cascade,
    -- What its owner calls it.
    name           text not null,
    -- passkey: says whose it is and who holds it, and needs no password; security_key: only beside one.
    kind           text not null,
    credential_id  bytea not null unique,
    -- Public key, flags and policy, as webauthn-rs writes them.
    credential     jsonb not null,
    -- How often it has signed, if it counts: a smaller number comes from a copy.
    counter        bigint not null,
    created_at     timestamptz not null,
    used_at        timestamptz
);
comment on table passkey is 'Retention: deleted with its account, or by its owner or an administrator.';
create index passkey_by_account on passkey (account_id);

-- Questions that a passkey is to answer.
create table ceremony (
    -- SHA-256 of what whoever was asked brings back.
    hash        bytea primary key,
    purpose     text not null,
    -- Whose answer it must be; null when the passkey is to say it.
    account_id  uuid references account on delete cascade,
    state       jsonb not null,
    expires_at  timestamptz not null
);
comment on table ceremony is 'Retention: deleted when answered; after five minutes by the next one.';
create index ceremony_by_end on ceremony (expires_at);
