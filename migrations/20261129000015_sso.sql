-- Signing in elsewhere: identity providers, which person there is which account here, and sign-ins under way.

create table identity_provider (
    -- In addresses; never changed.
    name           text primary key,
    -- How it is spoken to. SAML will be another one, with columns of its own.
    kind           text not null check (kind in ('oidc')),
    -- What the button says.
    title          text not null,
    enabled        boolean not null,
    -- One provider an issuer: people are known by (issuer, subject).
    issuer         text not null unique,
    client_id      text not null,
    -- Sealed for `provider:NAME` (collector/src/authority/vault.rs); null for a client without one.
    client_secret  bytea,
    scopes         text[] not null,
    -- The claims that name the account, and the groups of the person.
    name_claim     text not null,
    group_claim    text not null,
    -- Whether whoever comes and may do something gets an account.
    just_in_time   boolean not null,
    -- The only authorities that may have signed its certificate, PEM; null for the system's.
    ca_pem         text,
    created_at     timestamptz not null,
    created_by     text not null
);
comment on table identity_provider is 'Retention: kept until an administrator deletes it.';

create table identity_provider_mapping (
    provider  text not null references identity_provider on delete cascade,
    -- Whoever has this value among their groups there
    value     text not null,
    -- has this role here,
    role      text not null,
    -- for the hosts of this group; null for everything.
    group_no  integer references host_group on delete cascade
);
create unique index identity_provider_mapping_once
    on identity_provider_mapping (provider, value, role, coalesce(group_no, 0));
comment on table identity_provider_mapping is 'Retention: as its provider.';

create table account_link (
    id          uuid not null unique,
    issuer      text not null,
    -- The person there. An e-mail address is never enough: who has it changes.
    subject     text not null,
    provider    text not null references identity_provider on delete cascade,
    account_id  uuid not null references account on delete cascade,
    created_at  timestamptz not null,
    created_by  text not null,
    used_at     timestamptz,
    primary key (issuer, subject)
);
comment on table account_link is 'Retention: deleted with account or provider, or by an administrator.';
create index account_link_by_provider on account_link (provider, id);
create index account_link_by_account on account_link (account_id);

-- A browser that was sent to a provider and has not come back.
create table sign_in (
    -- SHA-256 of what the provider sends back.
    state       bytea primary key,
    -- SHA-256 of the cookie of the browser that was sent.
    browser     bytea not null,
    provider    text not null references identity_provider on delete cascade,
    nonce       text not null,
    -- Of PKCE.
    verifier    text not null,
    -- Where in the console it goes on.
    path        text not null,
    -- Whether the person was to show anew who they are.
    fresh       boolean not null,
    -- SHA-256 of the cookie of the session that the new one takes the place of.
    session     bytea,
    begun_at    timestamptz not null,
    expires_at  timestamptz not null
);
comment on table sign_in is 'Retention: deleted when it is used, or ten minutes after it began.';
create index sign_in_by_end on sign_in (expires_at);

-- Set for what follows from a provider's groups: made anew whenever the person signs in there.
alter table role_binding add column provider text references identity_provider on delete cascade;
drop index role_binding_once;
create unique index role_binding_once
    on role_binding (account_id, role, coalesce(group_no, 0), coalesce(provider, ''));
