-- Requests with an Idempotency-Key, and what they were answered.
--
-- Retention: 24 hours from the request; housekeeping deletes what is older.

create table idempotency (
    -- Who asked: `account:ID`, `token:ID` or `local`. Another's key is another key.
    actor text not null,
    key text not null,
    -- Method and route, for people.
    operation text not null,
    -- What was asked: a mark (HMAC-SHA-256) of operation, address and body, which tells nothing of them.
    request bytea not null,
    -- Which of several attempts has the key: only its answer is kept.
    attempt uuid not null,
    begun_at timestamptz not null,
    -- Null while it is being done. A row that stays so was left by a crash.
    status smallint,
    -- Headers and body, sealed with keys/vault.key: there may be secrets in it that are shown once.
    answer bytea,
    primary key (actor, key),
    check ((status is null) = (answer is null))
);
create index idempotency_by_age on idempotency (begun_at);
