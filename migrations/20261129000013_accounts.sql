-- What is known of accounts, tokens that were rotated, links that are good once, and the account for when
-- nothing else works.

alter table account
    add column created_by    text not null default '',
    -- When its password was chosen; null for one without.
    add column password_at   timestamptz,
    -- When somebody last signed in to it.
    add column signed_in_at  timestamptz,
    -- For when nobody can sign in otherwise: with its password alone, and never unnoticed.
    add column break_glass   boolean not null default false;
update account set password_at = created_at where password_hash is not null;
create index role_binding_by_role on role_binding (role);

alter table api_token
    -- Who made it, and how they had shown who they are: a token can make others.
    add column created_by   text not null default '',
    -- The one that took its place.
    add column replaced_by  uuid references api_token on delete set null,
    -- When somebody last showed it after that, to the minute.
    add column reused_at    timestamptz;

create table invitation (
    -- SHA-256 of the link's secret, which is shown once and kept nowhere.
    hash        bytea primary key,
    -- One link at a time: the next one ends it.
    account_id  uuid not null unique references account on delete cascade,
    created_at  timestamptz not null,
    created_by  text not null,
    expires_at  timestamptz not null
);
comment on table invitation is
    'Retention: deleted when used, by the next one of the account, and when past expires_at.';
