-- Who may do what, and where; and what is known of a session.

alter table account
    add column display_name  text not null default '',
    -- Signing in is refused, and what it was signed in with is good for nothing, while this is set.
    add column disabled_at   timestamptz,
    -- Null for those who sign in with something else only.
    alter column password_hash drop not null;

create table role (
    -- As bindings name it; none of those that every installation has (collector/src/access/role.rs).
    name         text primary key,
    description  text not null,
    -- Codes of collector/src/access/permission.rs.
    permissions  text[] not null,
    created_at   timestamptz not null,
    created_by   text not null
);
comment on table role is 'Retention: kept until an administrator deletes it.';

create table role_binding (
    id          uuid primary key,
    account_id  uuid not null references account on delete cascade,
    -- The name of a role that every installation has, or of one of the table above.
    role        text not null,
    -- For the hosts of this group; null for everything.
    group_no    integer references host_group on delete cascade,
    created_at  timestamptz not null,
    created_by  text not null
);
create unique index role_binding_once on role_binding (account_id, role, coalesce(group_no, 0));
comment on table role_binding is 'Retention: deleted with account or group, or by an administrator.';
create index role_binding_by_group on role_binding (group_no);

-- Until now every account was an administrator.
insert into role_binding (id, account_id, role, created_at, created_by)
select gen_random_uuid(), id, 'admin', now(), 'upgrade' from account;

alter table session
    -- What it is called in lists: the hash names it to nobody.
    add column id          uuid not null unique default gen_random_uuid(),
    -- How its person showed who they are: password, passkey, oidc:NAME, certificate.
    add column method      text not null default 'password',
    add column address     text,
    add column user_agent  text not null default '',
    -- When its person last showed that it is still them.
    add column proved_at   timestamptz;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;
create index session_by_account on session (account_id);

create table api_token (
    id           uuid primary key,
    -- SHA-256 of the token's text, which is shown once and kept nowhere.
    hash         bytea not null unique,
    account_id   uuid not null references account on delete cascade,
    name         text not null,
    -- What it lets one do, of what its maker may at the time of use.
    permissions  text[] not null,
    -- For the hosts of these groups; null for all that its maker may see.
    groups       integer[],
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    revoked_at   timestamptz
);
comment on table api_token is 'Retention: deleted 90 days after expiry.';
create index api_token_by_account on api_token (account_id);

-- The audit log. Chains of records, one a stream; see collector/src/audit.rs.
create table audit_stream (
    name  text primary key,
    -- Of the newest record.
    seq   bigint not null,
    hash  bytea not null
);
comment on table audit_stream is 'Retention: two rows.';

create table audit_record (
    stream      text not null,
    seq         bigint not null,
    at          timestamptz not null,
    -- The record as canonical JSON: what the hash is of. All else here is taken out of it.
    body        text not null,
    -- SHA-256 of the hash before, and of this record.
    hash        bytea not null,
    actor       text not null generated always as (body::jsonb ->> 'actor') stored,
    action      text not null generated always as (body::jsonb ->> 'action') stored,
    outcome     text not null generated always as (body::jsonb ->> 'outcome') stored,
    target_kind text generated always as (body::jsonb #>> '{target,kind}') stored,
    target_id   text generated always as (body::jsonb #>> '{target,id}') stored,
    primary key (stream, seq)
);
comment on table audit_record is 'Retention: kept; an export and a checkpoint come before a cut.';
create index audit_record_by_time on audit_record (at, stream, seq);
create index audit_record_by_actor on audit_record (actor, at);
create index audit_record_by_target on audit_record (target_kind, target_id, at);

insert into audit_stream (name, seq, hash) values ('access', 0, ''), ('change', 0, '');

create function audit_is_insert_only() returns trigger language plpgsql as $$
begin
    raise exception 'records of the audit log are neither changed nor removed';
end $$;
create trigger audit_record_stays before update or delete on audit_record
    for each row execute function audit_is_insert_only();
create trigger audit_record_is_not_emptied before truncate on audit_record
    for each statement execute function audit_is_insert_only();
revoke update, delete, truncate on audit_record from public, current_user;
