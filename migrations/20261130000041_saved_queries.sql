-- Questions that people ask again and again.

create table saved_query (
    id          uuid primary key,
    account_id  uuid not null references account on delete cascade,
    name        text not null,
    -- One of the API's lists: see collector/src/export.rs.
    list        text not null,
    -- Names and values of that list's parameters.
    filters     jsonb not null,
    -- Whether others see it; what it is answered with is theirs.
    shared      boolean not null,
    created_at  timestamptz not null,
    changed_at  timestamptz not null
);
comment on table saved_query is 'Retention: kept until its owner deletes it; deleted with its account.';
create unique index saved_query_by_name on saved_query (account_id, name);
create index saved_query_shared on saved_query (name, id) where shared;
