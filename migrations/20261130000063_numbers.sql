-- Each host that was derived, and each start of a collector, took numbers of lenses and of kinds that it did not use;
-- there are 32,767 of each. They go on behind the last one that is used.
select setval('posture_lens_id_seq', coalesce(max(id), 1), max(id) is not null) from posture_lens;
select setval('fact_kind_id_seq', coalesce(max(id), 1), max(id) is not null) from fact_kind;
