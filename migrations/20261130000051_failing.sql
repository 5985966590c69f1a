-- What large fleets need: which rules fail on how many hosts without looking at every result, posture read from an
-- index alone, and alerts that grow told together.

create table failing (
    rule   text primary key,
    -- On how many hosts that are not revoked it fails now, with its first set of values.
    hosts  integer not null
);
comment on table failing is 'Retention: kept; one row for each rule that ever failed.';

-- The rules that are counted for a host in `failing`: what it is compared with at the next look.
alter table derived add column failing text[] not null default '{}';
-- Everybody is looked at once, and so counted.
insert into derive_due (host_no, recorded_at) select host_no, now() from host;

-- A host that is revoked fails nothing any more.
create function host_is_due() returns trigger language plpgsql as $$
begin
    insert into derive_due (host_no, recorded_at) values (new.host_no, now());
    return null;
end
$$;
create trigger host_is_due after update of revoked_at on host
    for each row when (old.revoked_at is distinct from new.revoked_at) execute function host_is_due();

-- Sums over all hosts at an instant read as many rows as there are hosts, scattered over the table: a fifth of the
-- time when the index has all of it.
drop index posture_by_lens;
create index posture_by_lens on posture (lens, valid_to, valid_from) include (host_no, passed, failed, error,
    not_assessable, not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high);
create index liveness_away on liveness (valid_to, valid_from) where state <> 'online';

-- When an alert was told last, and whether more of it is so that was not told.
alter table alert add column told_at timestamptz;
alter table alert add column untold boolean not null default false;
create index alert_untold on alert (told_at) where untold;
