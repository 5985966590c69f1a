use sqlx::PgConnection;

/// Counts which rules fail on hosts now, each with its rules, in the place of what was counted for them.
///
/// # Errors
/// sqlx's.
pub async fn count(db: &mut PgConnection, hosts: &[(i32, Vec<&str>)]) -> sqlx::Result<()> {
    let numbers: Vec<i32> = hosts.iter().map(|(host_no, _)| *host_no).collect();
    let pairs = hosts
        .iter()
        .flat_map(|(host_no, rules)| rules.iter().map(|rule| (*host_no, *rule)));
    let (of, rules): (Vec<i32>, Vec<&str>) = pairs.unzip();
    // In the order of rules: two who count at once wait for each other, and not in a ring.
    sqlx::query!(
        "insert into failing (rule, hosts)
         select rule, sum(by) from (
             select unnest(d.failing) as rule, -1 as by from derived d where d.host_no = any($1)
             union all select unnest($2::text[]), 1
         ) as c group by rule having sum(by) <> 0 order by rule
         on conflict (rule) do update set hosts = failing.hosts + excluded.hosts",
        &numbers,
        &rules as &[&str],
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update derived d set failing = n.rules
         from (select h.host_no, coalesce(array_agg(f.rule order by f.rule) filter (where f.rule is not null), '{}') as rules
               from unnest($1::integer[]) as h (host_no)
               left join unnest($2::integer[], $3::text[]) as f (host_no, rule) on f.host_no = h.host_no
               group by h.host_no) as n
         where d.host_no = n.host_no and d.failing <> n.rules",
        &numbers,
        &of,
        &rules as &[&str],
    )
    .execute(db)
    .await
    .map(drop)
}
