-- As many hosts as `crowd` says, as the lists and the map show them: a name, a system, labels, how they are heard of,
-- and how they stand. No facts: no page of many hosts reads them.
insert into host (id, hostname, os_name, group_name, machine, agent_version, enrolled_at, last_seen_at, labels)
select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'node-' || lpad(n::text, 6, '0'),
    (array['Debian GNU/Linux 12', 'Ubuntu 24.04 LTS', 'Red Hat Enterprise Linux 9'])[n % 3 + 1],
    'site-' || n % 8, '', '0.1.0', now() - interval '400 days' + n * interval '1 minute',
    now() - n % 600 * interval '1 second', jsonb_build_object('role', 'r' || n % 20, 'tier', 't' || n % 3)
from crowd, generate_series(1, crowd.hosts) as n;
insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
select host_no, case when host_no % 100 = 0 then 'link_lost' else 'online' end, '', now() - interval '40 days',
    'infinity', false from host;
insert into posture_lens (sort, key) values ('all', '') on conflict do nothing;
-- Of ten hosts one fails what is critical or high, four fail something, and five pass everything.
insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable, not_applicable,
    manual, weight_passed, weight_failed, failed_critical, failed_high)
select h.host_no, l.id, now() - interval '1 hour', 'infinity', 450 - f.failed, f.failed, 0, 0, 10, 0,
    1000 - f.failed, f.failed, case when h.host_no % 20 = 0 then 1 else 0 end, case when h.host_no % 10 = 0 then 2 else 0 end
from host h join posture_lens l on l.sort = 'all',
    lateral (select case when h.host_no % 10 < 5 then 3 + h.host_no % 40 else 0 end as failed) as f;
