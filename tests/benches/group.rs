//! Who belongs to which of twenty groups, of ten thousand hosts: worked out by the collector's own code, against
//! the same question asked as one statement that is written for it.

use std::{
    future::Future,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use collector::{
    membership::Condition,
    postgres::Private,
    store::{
        self,
        group::{Group, Labels, Put, answer, register},
    },
};
use shared::{
    clock::{Clock as _, SystemClock},
    id::HostId,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::report::{Table, ratio, time};

const HOSTS: i32 = 10_000;
const GROUPS: i32 = 20;

/// Each with one of three systems, their hardware with three disks, and two labels.
const FLEET: &str = r#"
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at, labels)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'host-' || n, '', '', '1', now(),
        now(), jsonb_build_object('role', 'r' || n % 3, 'env', 'e' || n % 2)
    from generate_series(1, 10000) as n;
    insert into fact_kind (name) values ('os'), ('hardware');
    insert into fact_key (kind, key) select id, name from fact_kind;
    insert into fact_key (kind, key)
    select id, 'disk/' || d from fact_kind, generate_series(1, 3) as d where name = 'hardware';
    insert into fact_value (key_id, hash, value)
    select id, sha256(convert_to(id || ' ' || n, 'UTF8')), jsonb_build_object('id', 's' || n,
        'version', n, 'kernel', repeat('k', 30), 'cpu_model', repeat('c', 40), 'logical_cores', n)
    from fact_key, generate_series(0, 2) as n;
    insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
    select h.host_no, k.kind, k.id, v.id, now(), 'infinity' from host h cross join fact_key k
    join fact_value v on v.key_id = k.id and v.value ->> 'version' = (h.host_no % 3)::text;
    insert into host_kind (host_no, kind, digest, row_count, reported_at)
    select h.host_no, k.id, substr(sha256(convert_to(k.name || h.host_no % 3, 'UTF8')), 1, 16), 4, now()
    from host h, fact_kind k;
    analyze"#;

/// What a group's expression asks, as one statement.
const FLOOR: &str = "select count(*) from host_fact f join fact_kind k on k.id = f.kind
    join fact_value v on v.id = f.value_id
    where k.name = 'os' and f.valid_to = 'infinity' and v.value ->> 'id' = 's1'";

/// Measures each change.
///
/// # Errors
/// When there is no Postgres.
pub(crate) fn run() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let folder = tempfile::tempdir()?;
        // The account that runs Postgres passes through it.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open)?;
        let postgres = Private::start(&folder.path().join("postgres"), "postgres", &[])?;
        let db = store::open(postgres.options()).await?;
        sqlx::raw_sql(FLEET).execute(&db).await?;
        let measured = measure(&db).await;
        db.close().await;
        postgres.stop();
        measured
    })
}

async fn measure(db: &PgPool) -> anyhow::Result<()> {
    let mut table = Table::new(&["ratio", "change", "took", "one statement"]);
    // For caches.
    ask(db).await?;
    let mut add = async |change: &str, took: Duration| {
        let floor = took_by(ask(db)).await?;
        let share = ratio(took.as_secs_f64(), floor.as_secs_f64());
        table.row(&[&share, &change, &time(took), &time(floor)]);
        anyhow::Ok(())
    };
    for n in 0..GROUPS {
        let took = took_by(put(db, n)).await?;
        if n == 0 || n == GROUPS - 1 {
            add(&format!("expression of group {} is set", n + 1), took).await?;
        }
    }
    add("one host gets labels", took_by(label(db)).await?).await?;
    let upgrade = "update host_kind set digest = sha256(digest) where host_no <= 100";
    sqlx::query(upgrade).execute(db).await?;
    add("100 hosts tell facts", took_by(look(db)).await?).await?;
    add(
        "a look at everything, nothing is due",
        took_by(look(db)).await?,
    )
    .await?;
    add(
        "the register is worked out anew",
        took_by(settle(db)).await?,
    )
    .await?;
    table.print(&format!("{GROUPS} groups of {HOSTS} hosts"));
    Ok(())
}

async fn ask(db: &PgPool) -> anyhow::Result<()> {
    sqlx::query(FLOOR).fetch_one(db).await?;
    Ok(())
}

async fn took_by(job: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    job.await?;
    Ok(started.elapsed())
}

async fn put(db: &PgPool, n: i32) -> anyhow::Result<()> {
    let text = format!(
        r#"os.id == "s{}" && hardware.logical_cores < {}"#,
        n % 3,
        n + 10
    );
    let condition = Condition::read(&text)?;
    let group = Group {
        id: Uuid::from_u128(n.unsigned_abs().into()),
        name: format!("group {n}"),
        description: String::new(),
        precedence: 0,
        matches: None,
        expression: Some(text),
        groups: Vec::new(),
        created_at: SystemClock.now(),
        hosts: 0,
        unasked: 0,
        errors: 0,
    };
    let mut tx = db.begin().await?;
    let put = store::group::put(&mut tx, &group, Some(&condition)).await?;
    anyhow::ensure!(put == Put::Done, "{put:?}");
    Ok(tx.commit().await?)
}

async fn label(db: &PgPool) -> anyhow::Result<()> {
    let labels = Labels::from([("role".into(), "other".into())]);
    let host = HostId(Uuid::from_u128(0x7000_8000_0000_0000_0001));
    let mut tx = db.begin().await?;
    store::group::set_labels(&mut tx, host, &labels, None).await?;
    Ok(tx.commit().await?)
}

/// As the registrar does.
async fn look(db: &PgPool) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let mut tx = db.begin().await?;
        let due = answer::due(&mut tx, answer::Which::default(), after).await?;
        let Some(last) = due.last() else {
            return Ok(());
        };
        after = *last;
        register::renew(&mut tx, &due).await?;
        tx.commit().await?;
    }
}

async fn settle(db: &PgPool) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    register::hold(&mut tx).await?;
    let changed = register::settle(&mut tx, None).await?;
    anyhow::ensure!(
        changed.is_empty(),
        "{} hosts were not where they belong",
        changed.len()
    );
    Ok(tx.commit().await?)
}
