-- Groups by an expression and groups of groups; and who belongs to which, kept.

alter table host_group
    -- In the language of shared/src/cel.rs: hosts for which it is true belong to the group as well;
    -- null for none. See collector/src/membership.rs.
    add column expression text,
    -- The kinds of facts that it names.
    add column reads text[] not null default '{}';

create table host_group_child (
    parent_no  integer not null references host_group on delete cascade,
    child_no   integer not null references host_group on delete cascade,
    primary key (parent_no, child_no),
    check (parent_no <> child_no)
);
comment on table host_group_child is
    'The hosts of the child belong to the parent too. Retention: deleted with either group.';
create index host_group_child_by_child on host_group_child (child_no);

-- Each group with itself and with all that are in it, however deep.
create view group_descendant as
    with recursive below (group_no, descendant_no) as (
        select group_no, group_no from host_group
        union
        select b.group_no, c.child_no from below b
        join host_group_child c on c.parent_no = b.descendant_no
    )
    select group_no, descendant_no from below;

-- What each expression goes by on each host, as a hash: the expression, the name and the labels of the
-- host, and the digests of the kinds that it names. A kind that was never read counts as null.
create view group_question as
    select g.group_no, h.host_no,
           sha256(convert_to(jsonb_build_array(g.expression, h.hostname, h.labels,
               (select jsonb_agg(s.digests -> r.kind order by r.kind)
                from unnest(g.reads) as r (kind)))::text, 'UTF8')) as print
    from host h
    cross join lateral (
        select jsonb_object_agg(k.name, encode(s.digest, 'hex')) as digests
        from host_kind s join fact_kind k on k.id = s.kind where s.host_no = h.host_no
    ) as s
    join host_group g on g.expression is not null;

create table group_answer (
    group_no  integer not null references host_group on delete cascade,
    host_no   integer not null references host on delete cascade,
    -- Of what it was asked over, as in group_question: where that is another now, it is asked again.
    print     bytea not null,
    -- Whether the host belongs to the group by it.
    matches   boolean not null,
    -- Why it came to nothing; null when it did not.
    error     text,
    primary key (group_no, host_no),
    check (not matches or error is null)
);
comment on table group_answer is
    'What the expression of a group came to on a host. Retention: one row a group with an expression and host, deleted with either.';
create index group_answer_by_host on group_answer (host_no);

-- Why hosts belong to a group, leaving aside the groups in it.
create view group_reason as
    select group_no, host_no, 'hand' as why from host_group_member
    union all
    select g.group_no, h.host_no, 'label' from host_group g join host h on h.labels @> g.match
    union all
    select group_no, host_no, 'expression' from group_answer where matches;

create table group_host (
    group_no  integer not null references host_group on delete cascade,
    host_no   integer not null references host on delete cascade,
    primary key (group_no, host_no)
);
comment on table group_host is
    'Who belongs to which group, by reasons of its own or of a group in it; kept true by collector/src/store/group/register.rs. Retention: deleted with host or group.';
create index group_host_by_host on group_host (host_no, group_no);
insert into group_host (group_no, host_no) select distinct group_no, host_no from group_reason;

create or replace view host_in_group as select host_no, group_no from group_host;

-- What a host says of these kinds, [[key, value], …] by kind; a kind that was never read is left out.
create function facts_of(host integer, kinds text[]) returns jsonb language sql stable as $$
    select coalesce(jsonb_object_agg(k.name, rows.of_kind), '{}')
    from host_kind s join fact_kind k on k.id = s.kind
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_array(n.key, v.value) order by n.key collate "C"), '[]')
                   as of_kind
        from host_fact f join fact_key n on n.id = f.key_id join fact_value v on v.id = f.value_id
        where f.host_no = s.host_no and f.kind = s.kind and f.valid_to = 'infinity'
    ) as rows
    where s.host_no = host and k.name = any(kinds) and s.digest is not null
$$;
