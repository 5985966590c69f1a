-- What each host is held to, and what its agent says of it. What administrators set is in the layers of
-- settings.

create table host_assigned (
    host_no             integer primary key references host on delete cascade,
    -- Whether the agent that connected last takes profiles.
    takes               boolean not null,
    -- SHA-256 of the assignment sent last; see shared::wire::Assignment.
    sent                bytea,
    sent_at             timestamptz,
    -- The same of the one that the agent last said is in force; null for none.
    in_force            bytea,
    reported_at         timestamptz,
    -- Why the one sent last is not in force, or could not be sent.
    refused             text,
    unknown_profiles    text[] not null default '{}',
    unknown_variables   text[] not null default '{}'
);
comment on table host_assigned is 'Retention: one row a host, deleted with it.';
