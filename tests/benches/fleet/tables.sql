-- 20,000 hosts that each have 600 packages and 450 results, a past of a year of some of them, how they stood each
-- fortnight, and twenty events a host. `rule` and `lens` are temporary tables of what this collector knows.
insert into host (id, hostname, os_name, group_name, machine, agent_version, enrolled_at, last_seen_at, labels)
select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'host-' || n,
    (array['Debian GNU/Linux 12', 'Ubuntu 24.04 LTS', 'Red Hat Enterprise Linux 9'])[n % 3 + 1], '', '', '0.1.0',
    now() - interval '400 days', now(), jsonb_build_object('role', 'r' || n % 20, 'tier', 't' || n % 3)
from generate_series(1, 20000) as n;
insert into fact_kind (name) values ('package'), ('result') on conflict do nothing;
insert into fact_key (kind, key)
select id, 'package-' || n || ':amd64' from fact_kind, generate_series(1, 600) as n where name = 'package';
insert into fact_key (kind, key) select k.id, r.rule from fact_kind k, rule r where k.name = 'result';
insert into fact_value (key_id, hash, value)
select k.id, sha256(convert_to(k.id || ' ' || n, 'UTF8')), case f.name
    when 'package' then jsonb_build_object('version', '1.' || n, 'arch', 'amd64', 'status', 'installed')
    else jsonb_build_object('verdict', (array['pass', 'pass', 'pass', 'fail'])[n + 1],
        'because', 'it is so', 'content', '0', 'evidence', jsonb_build_array(repeat('e', 80))) end
from fact_key k join fact_kind f on f.id = k.kind, generate_series(0, 3) as n;
create temporary table one as
select v.id, v.key_id, k.kind, (row_number() over (partition by v.key_id order by v.id) - 1)::integer as n
from fact_value v join fact_key k on k.id = v.key_id;
analyze one;
-- One result of five fails, and the hosts are of two minds about a package.
insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
select h.host_no, o.kind, o.key_id, o.id, now() - (1 + (h.host_no + o.key_id) % 300) * interval '1 day', 'infinity'
from host h cross join one o
where o.n = case when (h.host_no::bigint * 7 + o.key_id * 13) % 10 < 2 then 3 else h.host_no % 2 end;
insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
select f.host_no, f.kind, f.key_id, o.id, now() - interval '400 days', f.valid_from
from host_fact f join one o on o.key_id = f.key_id and o.n = 2
where f.valid_to = 'infinity' and (f.host_no + f.key_id) % 20 = 0;
insert into posture_lens (sort, key) select sort, key from lens on conflict do nothing;
insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable, not_applicable,
    manual, weight_passed, weight_failed, failed_critical, failed_high)
select h.host_no, l.id, now() - s * interval '14 days' - interval '1 hour',
    case when s = 0 then 'infinity' else now() - (s - 1) * interval '14 days' - interval '1 hour' end,
    360 - (h.host_no + s) % 40, 90 + (h.host_no + s) % 40, 2, 3, 10, 5, 1000, 300, h.host_no % 3, h.host_no % 20
from posture_lens l cross join generate_series(0, 26) as s cross join host h
where l.sort = 'all' or s < 4;
insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
select host_no, case when host_no % 100 = 0 then 'link_lost' else 'online' end, '', now() - interval '40 days',
    'infinity', false from host;
insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
select h.host_no, (array['package.updated', 'port.opened', 'result.failed', 'user.created'])[s % 4 + 1], s % 4,
    'thing-' || s, 'something happened', t.at, t.at, false
from host h, generate_series(1, 20) as s,
    lateral (select now() - (s * 1.4 + h.host_no / 20000.0) * interval '1 day' as at) as t;
insert into host_kind (host_no, kind, digest, row_count, reported_at)
select h.host_no, f.id, '', 600, now() from host h, fact_kind f where name in ('package', 'result');
