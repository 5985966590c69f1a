-- How hosts stand against what they are held to, now and then; and which hosts are to be looked at.

create table posture_lens (
    id    smallint generated always as identity primary key,
    -- 'all', 'framework' or 'profile': see collector/src/posture.rs.
    sort  text not null,
    -- Of the framework or the profile; empty for all.
    key   text not null,
    unique (sort, key)
);
comment on table posture_lens is 'Retention: kept; one row for each framework and profile there ever was.';

-- How many results of a host had each verdict through a lens, from one instant (inclusive) to another
-- (exclusive). The instants are those of host_fact. No row: nothing was known.
create table posture (
    -- No foreign key, as in host_fact.
    host_no          integer not null,
    lens             smallint not null,
    valid_from       timestamptz not null,
    valid_to         timestamptz not null,
    passed           integer not null,
    failed           integer not null,
    error            integer not null,
    not_assessable   integer not null,
    not_applicable   integer not null,
    manual           integer not null,
    -- Sums of the weights of severities, of what passes and of what fails.
    weight_passed    integer not null,
    weight_failed    integer not null,
    -- Of what fails.
    failed_critical  integer not null,
    failed_high      integer not null,
    primary key (host_no, lens, valid_to),
    check (valid_from < valid_to)
) partition by range (valid_to);
comment on table posture is
    'Retention: the present is kept; the past is dropped by the month in which rows ended.';
create index posture_by_lens on posture (lens, valid_to, valid_from);
create table posture_present partition of posture for values from ('infinity') to (maxvalue);
create table posture_other partition of posture default;

-- Up to where each host has been looked at.
create table derived (
    host_no      integer primary key references host on delete cascade,
    -- The number of the last change.
    change       bigint not null default 0,
    -- Posture is written up to this instant; null before the first.
    posture_to   timestamptz,
    -- How it is heard of, up to this instant; null before the first.
    liveness_to  timestamptz,
    -- Of the lenses through which it was looked at last.
    lenses       bytea
);
comment on table derived is 'Retention: one row a host, deleted with it.';
-- What was before is no event.
insert into derived (host_no, change, liveness_to)
    select host_no, coalesce((select max(id) from change), 0),
           (select max(valid_from) from liveness l where l.host_no = h.host_no) from host h;

-- Hosts of which something was written that nobody has looked at. Written with it, in one transaction.
create table derive_due (
    id           bigint generated always as identity primary key,
    host_no      integer not null,
    recorded_at  timestamptz not null
);
comment on table derive_due is 'Retention: deleted when the host has been looked at.';

-- Who belonged to a group when. Written by a trigger, so that nobody can forget it.
create table group_host_period (
    group_no    integer not null references host_group on delete cascade,
    host_no     integer not null references host on delete cascade,
    valid_from  timestamptz not null,
    valid_to    timestamptz not null,
    primary key (group_no, host_no, valid_to)
);
comment on table group_host_period is
    'A few rows a membership. Retention: deleted with host or group; ended ones with the months of change.';
create function group_host_is_remembered() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into group_host_period (group_no, host_no, valid_from, valid_to)
        values (new.group_no, new.host_no, now(), 'infinity')
        on conflict do nothing;
    else
        -- What begins and ends in one transaction never was.
        delete from group_host_period
        where group_no = old.group_no and host_no = old.host_no
            and valid_to = 'infinity' and valid_from >= now();
        update group_host_period set valid_to = now()
        where group_no = old.group_no and host_no = old.host_no and valid_to = 'infinity';
    end if;
    return null;
end
$$;
create trigger group_host_is_remembered after insert or delete on group_host
    for each row execute function group_host_is_remembered();
-- Of what was before, only that it is so is known.
insert into group_host_period (group_no, host_no, valid_from, valid_to)
    select m.group_no, m.host_no, greatest(h.enrolled_at, g.created_at), 'infinity'
    from group_host m join host h on h.host_no = m.host_no join host_group g on g.group_no = m.group_no;
